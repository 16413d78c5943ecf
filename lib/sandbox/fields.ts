import type { Kind } from './kinds.ts'
import { listKeys } from './patches.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest } from './refusal.ts'
import { copy, same, seconds } from './values.ts'

type Json = Record<string, unknown>
type Entry = {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType?: string
  fieldsV1?: Json
  subresource?: string
}

const SEPARATOR = '\u0001'
const NOT_OWNED = new Set(['apiVersion', 'kind'])
const NOT_OWNED_METADATA = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
])

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where the walk over an object stands; `depth` 0 is its root, 1 its parts. */
type Place = { readonly path: string; readonly field: string; readonly depth: number }

function isOwned(name: string, { field, depth }: Place): boolean {
  if (depth === 0) return !NOT_OWNED.has(name)
  return depth !== 1 || field !== 'metadata' || !NOT_OWNED_METADATA.has(name)
}

function mergeKeysAt(value: unknown, field: string, builtIn: boolean): ReturnType<typeof listKeys> {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return builtIn || field === 'finalizers' || field === 'ownerReferences' ? listKeys(field, value) : undefined
}

/** The step that names one item of a merged list: its keys, or its value in a set. */
function itemStep(item: unknown, keys: readonly string[] | null): string {
  if (keys === null) return `v:${JSON.stringify(item)}`
  return `k:${JSON.stringify(Object.fromEntries(keys.map((name) => [name, isMap(item) ? (item[name] ?? 'TCP') : null])))}`
}

/** Every owned field of an object as a path of FieldsV1 steps, with its value (of leaves and of list items and maps their presence). */
function fieldsOf(object: Obj, builtIn: boolean): Map<string, unknown> {
  const found = new Map<string, unknown>()
  function walkMap(value: Json, place: Place): void {
    const { path, depth } = place
    if (depth > 1) found.set(path === '' ? '.' : `${path}${SEPARATOR}.`, true)
    for (const [name, inner] of Object.entries(value)) {
      if (inner === undefined || !isOwned(name, place)) continue
      walk(inner, { path: path === '' ? `f:${name}` : `${path}${SEPARATOR}f:${name}`, field: name, depth: depth + 1 })
    }
  }
  function walkList(value: readonly unknown[], keys: readonly string[] | null, { path, depth }: Place): void {
    found.set(`${path}${SEPARATOR}.`, true)
    for (const item of value) {
      const at = `${path}${SEPARATOR}${itemStep(item, keys)}`
      if (keys === null) found.set(at, item)
      else walk(item, { path: at, field: '', depth: depth + 2 })
    }
  }
  function walk(value: unknown, place: Place): void {
    if (isMap(value) && Object.keys(value).length > 0 && place.depth < 12) return walkMap(value, place)
    const keys = mergeKeysAt(value, place.field, builtIn)
    if (Array.isArray(value) && keys !== undefined) return walkList(value, keys, place)
    found.set(place.path, value)
  }
  walk(object, { path: '', field: '', depth: 0 })
  return found
}

function toTree(paths: Iterable<string>): Json {
  const root: Json = {}
  for (const path of paths) {
    let at = root
    for (const step of path.split(SEPARATOR)) {
      at[step] ??= {}
      at = at[step] as Json
    }
  }
  return root
}

function fromTree(tree: Json | undefined, prefix = '', into = new Set<string>()): Set<string> {
  for (const [step, inner] of Object.entries(tree ?? {})) {
    const path = prefix === '' ? step : `${prefix}${SEPARATOR}${step}`
    if (isMap(inner) && Object.keys(inner).length > 0) fromTree(inner, path, into)
    else into.add(path)
  }
  return into
}

function entriesOf(object: Obj | null): Entry[] {
  return copy((object?.metadata.managedFields ?? []) as Entry[])
}

/** Drops from all entries but `keep` the fields that are no longer theirs, and entries that own nothing. */
function settle(entries: Entry[], lost: ReadonlySet<string>, keep: Entry | null): Entry[] {
  return entries.filter((entry) => {
    if (entry === keep) return true
    const mine = fromTree(entry.fieldsV1)
    const left = [...mine].filter((path) => !lost.has(path))
    if (left.length !== mine.size) entry.fieldsV1 = toTree(left)
    return left.length > 0
  })
}

/** Records who set which field by create, update or patch. */
export function trackUpdate(
  kind: Kind,
  next: Obj,
  old: Obj | null,
  manager: string,
  now: number,
  subresource = '',
  apiVersion = kind.apiVersion,
): void {
  // A client that sends an empty list asks to forget all owners.
  if (Array.isArray(next.metadata.managedFields) && next.metadata.managedFields.length === 0 && old?.metadata.managedFields?.length) {
    delete next.metadata.managedFields
    return
  }
  const entries = entriesOf(old)
  const before = old ? fieldsOf(old, kind.crd === null) : new Map<string, unknown>()
  const after = fieldsOf(next, kind.crd === null)
  const changed = new Set<string>()
  const lost = new Set<string>()
  for (const [path, value] of after) {
    if (!before.has(path) || !same(before.get(path), value)) {
      changed.add(path)
      if (before.has(path)) lost.add(path)
    }
  }
  for (const path of before.keys()) if (!after.has(path)) lost.add(path)
  if (changed.size === 0 && lost.size === 0) {
    if (old?.metadata.managedFields) next.metadata.managedFields = old.metadata.managedFields
    else delete next.metadata.managedFields
    return
  }
  let mine = entries.find(
    (entry) =>
      entry.manager === manager &&
      entry.operation === 'Update' &&
      (entry.subresource ?? '') === subresource &&
      entry.apiVersion === apiVersion,
  )
  if (!mine && changed.size > 0) {
    mine = {
      manager,
      operation: 'Update',
      apiVersion,
      time: '',
      fieldsType: 'FieldsV1',
      fieldsV1: {},
      ...(subresource === '' ? {} : { subresource }),
    }
    entries.push(mine)
  }
  const settled = settle(entries, lost, mine ?? null)
  if (mine) {
    mine.time = seconds(now)
    mine.fieldsV1 = toTree(new Set([...[...fromTree(mine.fieldsV1)].filter((path) => after.has(path)), ...changed]))
  }
  next.metadata.managedFields = settled
}

function dotted(path: string): string {
  return path
    .split(SEPARATOR)
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`
      if (step.startsWith('k:'))
        return `[${Object.entries(JSON.parse(step.slice(2)) as Json)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .join(',')}]`
      return `[=${step.slice(2)}]`
    })
    .join('')
}

function deleteAt(object: Obj, path: string): void {
  const steps = path.split(SEPARATOR)
  let at: unknown = object
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1
    if (step === '.') return
    if (step.startsWith('f:')) {
      const name = step.slice(2)
      if (!isMap(at)) return
      if (last) delete at[name]
      else at = at[name]
    } else if (Array.isArray(at)) {
      const wanted: unknown = JSON.parse(step.slice(2))
      const found = at.findIndex((item) =>
        step.startsWith('v:')
          ? same(item, wanted)
          : isMap(item) && Object.entries(wanted as Json).every(([key, value]) => same(item[key] ?? 'TCP', value)),
      )
      if (found < 0) return
      if (last || (i === steps.length - 2 && steps[i + 1] === '.')) {
        at.splice(found, 1)
        return
      }
      at = at[found]
    } else return
  }
}

function mergeApplied(target: unknown, applied: unknown, field: string, builtIn: boolean): unknown {
  if (isMap(applied)) {
    const result: Json = isMap(target) ? { ...target } : {}
    for (const [name, value] of Object.entries(applied)) if (value !== null) result[name] = mergeApplied(result[name], value, name, builtIn)
    return result
  }
  if (Array.isArray(applied) && (builtIn || field === 'finalizers' || field === 'ownerReferences')) {
    const there = Array.isArray(target) ? target : []
    const keys = listKeys(field, [...applied, ...there])
    if (keys === undefined) return applied
    const result = [...there]
    for (const item of applied) {
      const at = result.findIndex((other) =>
        keys === null
          ? same(other, item)
          : isMap(other) && isMap(item) && keys.every((key) => same(other[key] ?? 'TCP', item[key] ?? 'TCP')),
      )
      if (at >= 0) result[at] = keys === null ? item : mergeApplied(result[at], item, '', builtIn)
      else result.push(item)
    }
    return result
  }
  return applied
}

/** The server-side apply of `applied` onto `old` (or onto nothing), with its managedFields. Throws 409 with each conflict. */
export function applyFields(
  kind: Kind,
  applied: Obj,
  old: Obj | null,
  options: { manager: string; force: boolean; now: number; subresource: string },
): Obj {
  if (Array.isArray(applied.metadata?.managedFields) && applied.metadata.managedFields.length > 0)
    throw badRequest('metadata.managedFields must be nil')
  const builtIn = kind.crd === null
  const wanted = fieldsOf(applied, builtIn)
  const entries = entriesOf(old)
  const { manager, subresource } = options
  const current = old ? fieldsOf(old, builtIn) : new Map<string, unknown>()
  let mine = entries.find((entry) => entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === subresource)
  const conflicts: { entry: Entry; path: string }[] = []
  for (const entry of entries) {
    if (entry === mine) continue
    const theirs = fromTree(entry.fieldsV1)
    for (const [path, value] of wanted)
      if (theirs.has(path) && current.has(path) && !same(current.get(path), value)) conflicts.push({ entry, path })
  }
  if (conflicts.length > 0 && !options.force) throw conflictRefusal(conflicts, kind)
  const base = copy(old ?? ({ ...applied, metadata: { name: applied.metadata.name } } as Obj))
  const before = mine ? fromTree(mine.fieldsV1) : new Set<string>()
  const others = new Set(entries.filter((entry) => entry !== mine).flatMap((entry) => [...fromTree(entry.fieldsV1)]))
  for (const path of before) if (!wanted.has(path) && !others.has(path)) deleteAt(base, path)
  const next = mergeApplied(base, applied, '', builtIn) as Obj
  const lost = new Set(conflicts.map(({ path }) => path))
  const tree = toTree(wanted.keys())
  if (mine && same(mine.fieldsV1, tree) && lost.size === 0) {
    next.metadata.managedFields = entries
    return next
  }
  if (!mine) {
    mine = { manager, operation: 'Apply', apiVersion: kind.apiVersion, ...(subresource === '' ? {} : { subresource }) }
    entries.unshift(mine)
  }
  Object.assign(mine, { time: seconds(options.now), fieldsType: 'FieldsV1', fieldsV1: tree })
  next.metadata.managedFields = settle(entries, lost, mine)
  return next
}

function conflictRefusal(conflicts: readonly { entry: Entry; path: string }[], kind: Kind): ApiRefusal {
  const named = conflicts.map(({ entry, path }) => {
    const sub = entry.subresource ? ` with subresource "${entry.subresource}"` : ''
    const using = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''
    return { reason: 'FieldManagerConflict', message: `conflict with "${entry.manager}"${sub}${using}`, field: dotted(path) }
  })
  void kind
  const one = named.length === 1
  const by = [...new Set(named.map(({ message }) => message))]
  const message = one
    ? `Apply failed with 1 conflict: ${named[0]?.message}: ${named[0]?.field}`
    : `Apply failed with ${named.length} conflicts: ${by
        .map(
          (text) =>
            `${text.replace('conflict with', 'conflicts with')}:\n${named
              .filter((cause) => cause.message === text)
              .map((cause) => `- ${cause.field}`)
              .join('\n')}`,
        )
        .join('\n')}`
  return new ApiRefusal({ code: 409, reason: 'Conflict', message, details: { causes: named } })
}
