import { conditions, isTrue, type Judge, says, word } from './word.ts'

/** Argo CD's rule for APIService (gitops-engine/pkg/health/health_apiservice.go). */
export const apiServiceHealth: Judge = (object) => {
  const available = conditions(object).get('Available')
  if (available === undefined) return word('Progressing', 'waiting to be processed')
  return isTrue(available) ? word('Healthy', says(available)) : word('Progressing', says(available))
}
