import type { Obj } from '../port.ts'
import { isActive, podOf, same } from './pods.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'

/** Job → a pod that runs to its end; Complete when it succeeded, Failed past the backoff limit. CronJobs are kept, not run. */
export function startJobs(station: Station): void {
  const { api, relations } = station
  const wake = (uid: string) => station.later(`job/${uid}`, station.between(10, 60), () => settle(uid))

  station.on('jobs.batch', ({ type, object }) => type !== 'DELETED' && wake(object.metadata.uid))
  station.on('pods', ({ object }) => {
    for (const owner of object.metadata.ownerReferences ?? []) if (owner.kind === 'Job') wake(owner.uid)
  })

  function settle(uid: string): void {
    const job = api.byUid(uid)?.object
    if (!job || isFinished(job) || job.metadata.deletionTimestamp || job.spec.suspend) return
    const pods = relations
      .dependents(uid)
      .filter((each) => each.resource === 'pods')
      .map((each) => each.object)
    const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length
    const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length
    const active = pods.filter(isActive).length
    const wanted: number = job.spec.completions ?? 1
    const over = failed > (job.spec.backoffLimit ?? 6)
    if (!over && succeeded + active < wanted) {
      const generateName = `${job.metadata.name}-`
      const labels = {
        'batch.kubernetes.io/controller-uid': uid,
        'batch.kubernetes.io/job-name': job.metadata.name,
        'controller-uid': uid,
        'job-name': job.metadata.name,
      }
      api.create(
        'pods',
        podOf({ owner: job, name: `${generateName}${station.suffix()}`, generateName, template: job.spec.template, labels }),
        BY,
      )
    }
    const done = succeeded >= wanted ? 'Complete' : over ? 'Failed' : null
    const status = jobStatus(job, { active, succeeded, failed, done }, station.stamp())
    if (!same(job.status, status))
      api.change(
        'jobs.batch',
        namespaceOf(job),
        job.metadata.name,
        BY,
        (draft) => {
          draft.status = status
        },
        'status',
      )
  }
}

export function isFinished(job: Obj): boolean {
  const conditions: { type: string; status: string }[] = job.status?.conditions ?? []
  return conditions.some((each) => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True')
}

type Count = { readonly active: number; readonly succeeded: number; readonly failed: number; readonly done: 'Complete' | 'Failed' | null }

export function jobStatus(job: Obj, { active, succeeded, failed, done }: Count, stamp: string): Obj['status'] {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastProbeTime: stamp,
    lastTransitionTime: stamp,
    reason,
    message,
  })
  const conditions =
    done === 'Complete'
      ? [
          condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'),
          condition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods'),
        ]
      : done === 'Failed'
        ? [
            condition('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'),
            condition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'),
          ]
        : []
  return {
    startTime: job.status?.startTime ?? stamp,
    ...(conditions.length ? { conditions } : {}),
    ...(done === 'Complete' ? { completionTime: stamp } : {}),
    ...(active && !done ? { active } : {}),
    ...(succeeded ? { succeeded } : {}),
    ...(failed ? { failed } : {}),
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
  }
}
