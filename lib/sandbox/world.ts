import { startApplicationController } from './argocd/application-controller.ts'
import { startApplicationSetController } from './argocd/applicationset-controller.ts'
import type { Git } from './argocd/git.ts'
import { createGit } from './argocd/git.ts'
import { startProcesses } from './argocd/processes.ts'
import { startServer } from './argocd/server.ts'
import { registerApiServices } from './controllers/apiservice-registration.ts'
import { startApiServices } from './controllers/apiservices.ts'
import { startDaemonSets } from './controllers/daemonsets.ts'
import { startDeployments } from './controllers/deployments.ts'
import { startDisruption } from './controllers/disruption.ts'
import { startEndpoints } from './controllers/endpoints.ts'
import { createNotes } from './controllers/events.ts'
import { startGarbage } from './controllers/garbage.ts'
import { startJobs } from './controllers/jobs.ts'
import { startKubelet } from './controllers/kubelet.ts'
import type { DeletionOrder } from './controllers/namespaces.ts'
import { startNamespaces } from './controllers/namespaces.ts'
import { startQuotas } from './controllers/quotas.ts'
import { startReplicaSets } from './controllers/replicasets.ts'
import { startScheduler } from './controllers/scheduler.ts'
import { startStatefulSets } from './controllers/statefulsets.ts'
import { createStation } from './controllers/station.ts'
import { startVolumes } from './controllers/volumes.ts'
import { REPOSITORY_SECRET } from './fill/argocd-install.ts'
import { fillCompany } from './fill/fill.ts'
import type { Snapshot } from './fill/snapshot.ts'
import { loadSnapshot } from './fill/snapshot.ts'
import { createInjector } from './injects.ts'
import type { SandboxApi } from './port.ts'

export type WorldOptions = {
  readonly fill: 'S' | 'M' | 'L' | 'none'
  readonly seed: number
  /** Recorded lists to start from; git then says what the tracked objects are. */
  readonly snapshot?: Snapshot
  /** How namespaces empty; `pods-first` is Kubernetes >= 1.33. */
  readonly deletionOrder?: DeletionOrder['order']
}

export type World = {
  /** Gives one inject of a scenario; throws with the place of the fault when it is none. */
  inject(body: unknown): void
  stop(): void
  readonly git: Git
  /** True when nothing is under way but resyncs. */
  settled(): boolean
}

/** Fills the simulated cluster and lets its controllers and its Argo CD live on the sandbox clock. */
export function startWorld(api: SandboxApi, { fill, seed, snapshot, deletionOrder = 'pods-first' }: WorldOptions): World {
  const git = createGit(() => api.clock.now())
  if (snapshot) loadSnapshot(api, git, snapshot)
  const unpullable = fill === 'none' ? [] : fillCompany(api, git, fill, seed)

  const station = createStation(api)
  const note = createNotes(station)
  const kubelet = startKubelet(station, note)
  for (const image of unpullable) kubelet.unpullable.add(image)
  const deletion: DeletionOrder = { order: deletionOrder }
  startNamespaces(station, deletion)
  startGarbage(station)
  startDeployments(station, note)
  startReplicaSets(station)
  startStatefulSets(station)
  startDaemonSets(station)
  startJobs(station)
  startEndpoints(station)
  startScheduler(station, note)
  startVolumes(station)
  registerApiServices(station)
  startApiServices(station)
  startDisruption(station)
  startQuotas(station)

  const processes = startProcesses(station, kubelet)
  const bench = { station, git, processes, note, repositorySecret: fill === 'none' ? null : REPOSITORY_SECRET }
  const applications = startApplicationController(bench)
  const sets = startApplicationSetController(bench)
  startServer(bench)

  return {
    inject: createInjector({ deletion, bench, kubelet, applications, sets }),
    stop: () => station.close(),
    git,
    settled: () => station.busy() === 0,
  }
}
