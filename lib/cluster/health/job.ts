import { conditions, isTrue, type Judge, says, word } from './word.ts'

/** Argo CD's rule for batch/Job (gitops-engine/pkg/health/health_job.go). */
export const jobHealth: Judge = (object) => {
  const seen = conditions(object)
  const failed = seen.get('Failed')
  if (isTrue(failed)) return word('Degraded', says(failed))
  const complete = seen.get('Complete')
  if (isTrue(complete)) return word('Healthy', says(complete))
  const suspended = seen.get('Suspended')
  if (isTrue(suspended)) return word('Suspended', says(suspended))
  return word('Progressing', 'the job runs')
}
