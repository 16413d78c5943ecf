import type { Note } from '../controllers/events.ts'
import type { Station } from '../controllers/station.ts'
import type { Git } from './git.ts'
import type { Processes } from './processes.ts'

/** What the parts of the simulated Argo CD work with. */
export type Bench = {
  readonly station: Station
  readonly git: Git
  readonly processes: Processes
  readonly note: (note: Note) => void
  /** Name of the Secret without which the repository refuses to be read; null: it is open to all. */
  readonly repositorySecret: string | null
}

export const APPS = 'applications.argoproj.io'
export const SETS = 'applicationsets.argoproj.io'
export const PROJECTS = 'appprojects.argoproj.io'
export const FINALIZER = 'resources-finalizer.argocd.argoproj.io'
export const IN_CLUSTER = 'https://kubernetes.default.svc'
export const REFRESH = 'argocd.argoproj.io/refresh'

/** Why the repository cannot be read now, or null. */
export function repositoryTrouble({ station, processes, repositorySecret }: Bench): string | null {
  if (!processes.running('argocd-repo-server'))
    return 'Failed to load target state: failed to get cluster version for cluster "https://kubernetes.default.svc": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp argocd-repo-server:8081: connect: connection refused"'
  if (repositorySecret && !station.api.get('secrets', 'argocd', repositorySecret))
    return 'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = failed to list refs: authentication required'
  return null
}
