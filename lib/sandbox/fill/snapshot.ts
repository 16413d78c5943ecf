import { HOOK } from '../argocd/compare.ts'
import type { Folder, Git, Manifest } from '../argocd/git.ts'
import { TRACKING, trackingApp } from '../controllers/relations.ts'
import type { Meta, Obj, SandboxApi } from '../port.ts'
import { generatorFiles } from './generator-files.ts'

/** Lists of a cluster as they were read, by plural name. */
export type Snapshot = {
  readonly startedAt?: string
  readonly lists: Readonly<
    Record<string, { readonly apiVersion: string; readonly kind: string; readonly path?: string; readonly items: readonly Partial<Obj>[] }>
  >
}

const FIRST = ['customresourcedefinitions', 'namespaces', 'nodes', 'storageclasses', 'persistentvolumes']

/** Loads recorded lists as they are and commits to git what the tracked live objects say, so that the platform is at rest. */
export function loadSnapshot(api: SandboxApi, git: Git, { lists }: Snapshot): void {
  const names = Object.keys(lists).sort((a, b) => order(a) - order(b))
  for (const plural of names) {
    const list = lists[plural]
    const resource = list && resourceOf(api, plural)
    if (!list || !resource) continue
    const kind = list.kind.replace(/List$/, '')
    const partial = kind === 'PartialObjectMetadata'
    const apiVersion = partial ? 'v1' : list.apiVersion
    for (const item of list.items) {
      const metadata = { ...item.metadata, name: item.metadata?.name ?? '' } as Partial<Meta> & { name: string }
      api.load(resource, { ...item, apiVersion, kind: partial ? 'Secret' : kind, metadata, ...(partial ? { type: 'Opaque' } : {}) })
    }
  }
  commitLive(api, git)
}

function order(plural: string): number {
  const at = FIRST.indexOf(plural)
  return at < 0 ? FIRST.length : at
}

function resourceOf(api: SandboxApi, plural: string): string | undefined {
  const found = api.resources().filter((each) => each.resource.split('.')[0] === plural)
  return (found.find((each) => !each.resource.includes('.')) ?? found[0])?.resource
}

/** Git as it must have been: each Application's path renders its tracked live objects, or what its status says is missing. */
export function commitLive(api: SandboxApi, git: Git): void {
  if (!api.serves('applications.argoproj.io')) return
  const byApp = liveByApplication(api)
  const applications = api.list('applications.argoproj.io')
  const paths: Record<string, Folder> = {}
  for (const app of applications) {
    const folder = folderOf(api, app, byApp.get(app.metadata.name) ?? [])
    if (folder) paths[app.spec.source?.path ?? ''] = folder
  }
  const revision: string | undefined = applications.find((app) => app.status?.sync?.status === 'Synced')?.status.sync.revision
  const sets = api.serves('applicationsets.argoproj.io') ? api.list('applicationsets.argoproj.io') : []
  const files: Record<string, string> = Object.assign({}, ...sets.map((set) => generatorFiles(set, applications)))
  git.commit({ message: 'the platform as it was found', paths, files, ...(revision ? { revision } : {}) })
}

function liveByApplication(api: SandboxApi): Map<string, Obj[]> {
  const byApp = new Map<string, Obj[]>()
  const all = api.resources().flatMap(({ resource }) => api.list(resource))
  for (const object of all) {
    const app = object.metadata.ownerReferences?.length ? null : trackingApp(object)
    if (app) byApp.set(app, [...(byApp.get(app) ?? []), object])
  }
  return byApp
}

type Named = { readonly kind: string; readonly namespace?: string; readonly name: string }

function folderOf(api: SandboxApi, app: Obj, tracked: readonly Obj[]): Folder | null {
  const conditions: { type: string; message: string }[] = app.status?.conditions ?? []
  const error = conditions.find((each) => each.type === 'ComparisonError')?.message
  if (error?.includes('app path does not exist')) return null
  const key = ({ kind, namespace = '', name }: Named) => `${kind}/${namespace}/${name}`
  const known = new Set(tracked.map(({ kind, metadata }) => key({ kind, name: metadata.name, namespace: metadata.namespace ?? '' })))
  const others: (Named & { version: string; hook?: boolean })[] = (app.status?.resources ?? []).filter(
    (row: Named & { hook?: boolean }) => !row.hook && !known.has(key(row)),
  )
  return {
    manifests: [...tracked.map(manifestOf), ...others.map((row) => absent(api, row, app.metadata.name))],
    sourceType: app.status?.sourceType ?? 'Directory',
    ...(error ? { error } : {}),
  }
}

function manifestOf(live: Obj): Manifest {
  const { status: _status, metadata, ...rest } = live
  const {
    [TRACKING]: _tracking,
    'kubectl.kubernetes.io/last-applied-configuration': _last,
    'deployment.kubernetes.io/revision': _revision,
    ...annotations
  } = metadata.annotations ?? {}
  const hook = annotations[HOOK] !== undefined
  const spec =
    hook && live.kind === 'Job'
      ? {
          parallelism: rest.spec.parallelism,
          completions: rest.spec.completions,
          backoffLimit: rest.spec.backoffLimit,
          template: { spec: rest.spec.template.spec },
        }
      : rest.spec
  return structuredClone({
    ...rest,
    ...(spec ? { spec } : {}),
    metadata: {
      name: metadata.name,
      ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      annotations,
      ...(live.kind === 'Application' && metadata.finalizers ? { finalizers: metadata.finalizers } : {}),
    },
  })
}

/**
 * A manifest for an object that an Application's status names and that was not read as its own: another's live one, one that is missing,
 * or one of a kind that the recording left out, which then is put there.
 */
function absent(
  api: SandboxApi,
  row: { group?: string; version: string; kind: string; namespace?: string; name: string; status?: string },
  app: string,
): Manifest {
  const apiVersion = row.group ? `${row.group}/${row.version}` : row.version
  const served = api.resources().find((each) => each.apiVersion === apiVersion && each.kind === row.kind)
  const live = served && api.get(served.resource, row.namespace ?? '', row.name)
  if (live) return manifestOf(live)
  const manifest: Manifest = {
    apiVersion,
    kind: row.kind,
    metadata: { name: row.name, ...(row.namespace ? { namespace: row.namespace } : {}) },
  }
  if (served && row.status === 'Synced') {
    const home = api.get('applications.argoproj.io', 'argocd', app)?.spec.destination?.namespace ?? ''
    api.load(
      served.resource,
      structuredClone({
        ...manifest,
        metadata: {
          ...manifest.metadata,
          annotations: { [TRACKING]: `${app}:${row.group ?? ''}/${row.kind}:${row.namespace ?? home}/${row.name}` },
        },
      }),
    )
  }
  return manifest
}
