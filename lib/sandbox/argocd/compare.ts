import { same } from '../controllers/pods.ts'
import { TRACKING } from '../controllers/relations.ts'
import type { Station } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import type { Git, Manifest } from './git.ts'
import type { HealthWord } from './health.ts'
import { healthOf, worst } from './health.ts'

/** One object of an Application: what git says (null: nothing), what is there, and how they compare. */
export type Row = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** '' when the cluster does not serve the kind. */
  readonly resource: string
  readonly namespaced: boolean
  readonly desired: Manifest | null
  readonly live: Obj | null
  readonly status: 'Synced' | 'OutOfSync'
  readonly hook: string | null
  readonly wave: number
}
export type Comparison = {
  readonly revision: string
  readonly sourceType: string
  readonly rows: readonly Row[]
  readonly hooks: readonly Row[]
  readonly health: HealthWord
  readonly shared: readonly string[]
}

export const HOOK = 'argocd.argoproj.io/hook'
const WAVE = 'argocd.argoproj.io/sync-wave'

/** Compares an Application with git. Answers the error of manifest generation as text. */
export function compare(station: Station, git: Git, app: Obj, revision?: string): Comparison | string {
  const source = app.spec.source ?? app.spec.sources?.[0] ?? {}
  const target = revision ?? source.targetRevision ?? 'HEAD'
  const commit = git.resolve(target)
  if (!commit) return generation(`rpc error: code = Unknown desc = unable to resolve '${target}' to a commit SHA`)
  const folder = commit.tree.get(source.path ?? '')
  if (!folder) return generation(`rpc error: code = Unknown desc = ${source.path}: app path does not exist`)
  if (folder.error) return folder.error
  const kinds = kindsOf(station)
  const rows = new Map<string, Row>()
  const hooks: Row[] = []
  const shared: string[] = []
  for (const manifest of folder.manifests) {
    const row = rowOf(station, app, manifest, kinds)
    if (row.hook) hooks.push(row)
    else rows.set(keyOf(row), row)
    const other = row.live?.metadata.annotations?.[TRACKING]?.split(':')[0]
    if (!row.hook && other && other !== app.metadata.name)
      shared.push(`${row.kind}/${row.name} is part of applications ${app.metadata.namespace}/${app.metadata.name} and ${other}`)
  }
  for (const { resource, object } of station.relations.tracked(app.metadata.name)) {
    if (object.metadata.ownerReferences?.length) continue
    const row = liveRow(resource, object)
    if (!rows.has(keyOf(row))) rows.set(keyOf(row), row)
  }
  const all = [...rows.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const healths = all.filter((row) => !row.hook).map((row) => (row.live ? (healthOf(row.live) ?? 'Healthy') : 'Missing'))
  return { revision: commit.revision, sourceType: folder.sourceType ?? 'Directory', rows: all, hooks, health: worst(healths), shared }
}

function generation(cause: string): string {
  return `Failed to load target state: failed to generate manifest for source 1 of 1: ${cause}`
}

export function keyOf(row: { group: string; kind: string; namespace: string; name: string }): string {
  return `${row.group}/${row.kind}/${row.namespace}/${row.name}`
}

type Kinds = ReadonlyMap<string, { resource: string; namespaced: boolean }>

function kindsOf(station: Station): Kinds {
  return new Map(station.api.resources().map((each) => [`${each.apiVersion}/${each.kind}`, each]))
}

function rowOf(station: Station, app: Obj, manifest: Manifest, kinds: Kinds): Row {
  const [group, version] = split(manifest.apiVersion)
  const served = kinds.get(`${manifest.apiVersion}/${manifest.kind}`)
  const namespaced = served?.namespaced ?? true
  const home: string = app.spec.destination?.namespace ?? ''
  const namespace = namespaced ? (manifest.metadata.namespace ?? home) : ''
  const name = manifest.metadata.name
  const id = `${app.metadata.name}:${group}/${manifest.kind}:${namespaced ? namespace : home}/${name}`
  // A CRD gets no tracking id (Argo CD repo-server, generateManifests).
  const tracking: Record<string, string> = manifest.kind === 'CustomResourceDefinition' ? {} : { [TRACKING]: id }
  const desired: Manifest = {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      ...(namespaced ? { namespace } : {}),
      annotations: { ...manifest.metadata.annotations, ...tracking },
    },
  }
  const live = served && station.api.serves(served.resource) ? (station.api.get(served.resource, namespace, name) ?? null) : null
  const equal = live !== null && contains(live, desired)
  return {
    group,
    version,
    kind: manifest.kind,
    namespace,
    name,
    resource: served?.resource ?? '',
    namespaced,
    desired,
    live,
    status: equal ? 'Synced' : 'OutOfSync',
    hook: hookOf(manifest),
    wave: waveOf(manifest),
  }
}

function liveRow(resource: string, live: Obj): Row {
  const [group, version] = split(live.apiVersion)
  return {
    group,
    version,
    kind: live.kind,
    namespace: live.metadata.namespace ?? '',
    name: live.metadata.name,
    resource,
    namespaced: Boolean(live.metadata.namespace),
    desired: null,
    live,
    status: 'OutOfSync',
    hook: hookOf(live),
    wave: waveOf(live),
  }
}

function split(apiVersion: string): [string, string] {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
}

function hookOf(object: { metadata: { annotations?: Record<string, string> } }): string | null {
  const hook = object.metadata.annotations?.[HOOK]
  return hook && hook !== 'Skip' ? hook : null
}

function waveOf(object: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(object.metadata.annotations?.[WAVE] ?? 0) || 0
}

/** Whether everything that git says stands in the live object; what git does not say (defaults, status) is not compared. */
export function contains(live: unknown, desired: unknown, top = true): boolean {
  if (typeof desired !== 'object' || desired === null) return same(live, desired)
  if (Array.isArray(desired))
    return Array.isArray(live) && live.length === desired.length && desired.every((each, i) => contains(live[i], each, false))
  if (same({}, desired)) return true
  if (typeof live !== 'object' || live === null) return false
  return Object.entries(desired).every(
    ([key, value]) => (top && key === 'status') || contains((live as Record<string, unknown>)[key], value, false),
  )
}

/** The live object with what git says written over it; a list of named things keeps the defaults of those that stay. */
export function merged(live: unknown, desired: unknown): unknown {
  if (Array.isArray(desired)) {
    const old: unknown[] = Array.isArray(live) ? live : []
    return desired.map((each, i) =>
      merged(
        nameOf(each) === undefined ? (same(old[i], each) ? old[i] : undefined) : old.find((one) => nameOf(one) === nameOf(each)),
        each,
      ),
    )
  }
  if (typeof desired !== 'object' || desired === null) return desired
  const base: Record<string, unknown> = typeof live === 'object' && live !== null && !Array.isArray(live) ? { ...live } : {}
  for (const [key, value] of Object.entries(desired)) base[key] = merged(base[key], value)
  return base
}

function nameOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { name?: unknown }).name : undefined
}
