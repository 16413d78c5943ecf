import type { ApplicationController } from './argocd/application-controller.ts'
import type { ApplicationSetController } from './argocd/applicationset-controller.ts'
import type { Bench } from './argocd/bench.ts'
import { APPS } from './argocd/bench.ts'
import type { Manifest } from './argocd/git.ts'
import type { Kubelet } from './controllers/kubelet.ts'
import type { DeletionOrder } from './controllers/namespaces.ts'
import { argocdInstall, repositorySecret } from './fill/argocd-install.ts'
import { REPOSITORY } from './fill/company.ts'
import { Inject } from './inject.ts'
import { ApiRefusal } from './port.ts'

const SCALED: Readonly<Record<string, string>> = { Deployment: 'deployments.apps', StatefulSet: 'statefulsets.apps' }

type Tools = {
  readonly deletion: DeletionOrder
  readonly bench: Bench
  readonly kubelet: Kubelet
  readonly applications: ApplicationController
  readonly sets: ApplicationSetController
}

/** Carries out the injects of scenarios. A malformed inject throws; what the API refuses is the story and does not. */
export function createInjector({ deletion, bench, kubelet, applications, sets }: Tools): (body: unknown) => void {
  const { git, station } = bench
  const { api } = station

  return (body) => {
    const inject = Inject.parse(body)
    switch (inject.kind) {
      case 'git-commit': {
        const paths = Object.fromEntries(
          Object.entries(inject.paths).map(([path, folder]) => [
            path,
            folder && {
              manifests: folder.manifests as Manifest[],
              sourceType: folder.sourceType,
              ...(folder.error ? { error: folder.error } : {}),
            },
          ]),
        )
        git.commit({ message: inject.message, author: inject.author, paths })
        if (inject.push) push(Object.keys(paths))
        return
      }
      case 'delete-object':
        return attempt(() =>
          api.remove(inject.resource, inject.namespace, inject.name, {
            by: inject.by,
            ...(inject.propagation ? { propagation: inject.propagation } : {}),
          }),
        )
      case 'create-object':
        return put(inject.object as unknown as Manifest, inject.by)
      case 'patch-object':
        return attempt(
          () => void api.change(inject.resource, inject.namespace, inject.name, inject.by, (draft) => merge(draft, inject.patch)),
        )
      case 'force-finalize':
        return attempt(
          () =>
            void api.change(
              'namespaces',
              '',
              inject.namespace,
              inject.by,
              (draft) => {
                draft.spec = { ...draft.spec, finalizers: [] }
              },
              'finalize',
            ),
        )
      case 'reinstall-argocd':
        return reinstall(inject.by, inject.force)
      case 'restore-credentials':
        return restoreCredentials(inject.by)
      case 'deletion-order':
        deletion.order = inject.order
        return
      case 'images-missing':
        for (const image of inject.images) inject.lost ? kubelet.unpullable.add(image) : kubelet.unpullable.delete(image)
        return
      case 'node-lost':
        return attempt(
          () =>
            void api.change(
              'nodes',
              '',
              inject.name,
              'node-controller',
              (draft) => {
                for (const each of draft.status?.conditions ?? [])
                  if (each.type === 'Ready')
                    Object.assign(each, {
                      status: 'Unknown',
                      reason: 'NodeStatusUnknown',
                      message: 'Kubelet stopped posting node status.',
                      lastTransitionTime: station.stamp(),
                    })
              },
              'status',
            ),
        )
    }
  }

  /** The push webhook: ApplicationSets and the Applications of the changed paths are looked at within about two seconds. */
  function push(paths: readonly string[]): void {
    sets.refresh(station.between(1_000, 1_400))
    for (const app of api.list(APPS, 'argocd')) {
      const path: string = app.spec.source?.path ?? ''
      if (paths.some((each) => path === each || path.startsWith(`${each}/`)))
        applications.refresh(app.metadata.name, station.between(1_200, 1_900))
    }
  }

  /** Somebody applies the install manifest: with `force` the terminating namespace is forced away and made again first. */
  function reinstall(by: string, force: boolean): void {
    const home = api.get('namespaces', '', 'argocd')
    if (home?.metadata.deletionTimestamp && force)
      attempt(
        () =>
          void api.change(
            'namespaces',
            '',
            'argocd',
            by,
            (draft) => {
              draft.spec = { ...draft.spec, finalizers: [] }
            },
            'finalize',
          ),
      )
    if (!api.get('namespaces', '', 'argocd')) put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }, by)
    for (const manifest of argocdInstall()) {
      put(manifest, by)
      scaleUp(manifest, by)
    }
    put(repositorySecret(REPOSITORY), by)
  }

  /** Applying the manifest also takes controllers back up that somebody held at 0. */
  function scaleUp(manifest: Manifest, by: string): void {
    const resource = SCALED[manifest.kind]
    if (!resource) return
    attempt(() => {
      api.change(resource, manifest.metadata.namespace ?? '', manifest.metadata.name, by, (draft) => {
        draft.spec.replicas = manifest.spec.replicas
      })
    })
  }

  function restoreCredentials(by: string): void {
    const home = api.get('namespaces', '', 'argocd')
    if (home && !home.metadata.deletionTimestamp) return put(repositorySecret(REPOSITORY), by)
    station.later('inject/credentials', 5_000, () => restoreCredentials(by), true)
  }

  function put(manifest: Manifest, by: string): void {
    const served = api.resources().find((each) => each.apiVersion === manifest.apiVersion && each.kind === manifest.kind)
    if (!served) return
    attempt(() => {
      if (!api.get(served.resource, served.namespaced ? (manifest.metadata.namespace ?? '') : '', manifest.metadata.name))
        api.create(served.resource, structuredClone(manifest), by)
    })
  }
}

function merge(target: Record<string, unknown>, patch: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(patch)) {
    const old = target[key]
    if (value === null) delete target[key]
    else if (typeof value === 'object' && !Array.isArray(value) && typeof old === 'object' && old !== null)
      merge(old as Record<string, unknown>, value as Record<string, unknown>)
    else target[key] = structuredClone(value)
  }
}

function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
  }
}
