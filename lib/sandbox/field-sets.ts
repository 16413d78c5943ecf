import { listKeys } from './patches.ts'
import type { Obj } from './port.ts'

export type Json = Record<string, unknown>

export const SEPARATOR = '\u0001'
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

/** Maps and structs of built-in kinds that are owned as a whole. */
const ATOMIC = new Set(
  'selector namespaceSelector objectSelector labelSelector nodeSelector involvedObject regarding roleRef scaleTargetRef claimRef matchConstraints matchResources'.split(
    ' ',
  ),
)
/** Structs of built-in kinds that are always there, so that nobody owns their presence. */
const ALWAYS_THERE = new Set(
  'metadata spec status template containers strategy updateStrategy jobTemplate source names priorityLevelConfiguration'.split(' '),
)

export function isMap(value: unknown): value is Json {
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
  if (builtIn && field === 'validationActions') return null
  return builtIn || field === 'finalizers' || field === 'ownerReferences' ? listKeys(field, value) : undefined
}

/** The step that names one item of a merged list: its keys, or its value in a set. */
function itemStep(item: unknown, keys: readonly string[] | null): string {
  if (keys === null) return `v:${JSON.stringify(item)}`
  return `k:${JSON.stringify(Object.fromEntries(keys.map((name) => [name, isMap(item) ? (item[name] ?? 'TCP') : null])))}`
}

/** Every owned field of an object as a path of FieldsV1 steps, with its value (of leaves and of list items and maps their presence). */
export function fieldsOf(object: Obj, builtIn: boolean, applied = false): Map<string, unknown> {
  const found = new Map<string, unknown>()
  // The presence of a list's item is always owned, of other things only by those who made them without applying.
  const isPresence = ({ field, depth }: Place) => {
    if (field === '') return true
    if (applied || (depth === 1 && field === 'metadata')) return false
    return !builtIn || !ALWAYS_THERE.has(field)
  }
  function walkMap(value: Json, place: Place): void {
    const { path, depth } = place
    if (depth > 0 && isPresence(place)) found.set(path === '' ? '.' : `${path}${SEPARATOR}.`, true)
    for (const [name, inner] of Object.entries(value)) {
      if (inner === undefined || !isOwned(name, place)) continue
      if (builtIn && depth === 0 && name === 'status' && isMap(inner) && Object.keys(inner).length === 0) continue
      walk(inner, { path: path === '' ? `f:${name}` : `${path}${SEPARATOR}f:${name}`, field: name, depth: depth + 1 })
    }
  }
  function walkList(value: readonly unknown[], keys: readonly string[] | null, place: Place): void {
    const { path, depth } = place
    if (isPresence(place)) found.set(`${path}${SEPARATOR}.`, true)
    for (const item of value) {
      const at = `${path}${SEPARATOR}${itemStep(item, keys)}`
      if (keys === null) found.set(at, item)
      else walk(item, { path: at, field: '', depth: depth + 2 })
    }
  }
  function walk(value: unknown, place: Place): void {
    const whole = builtIn && ATOMIC.has(place.field)
    if (isMap(value) && Object.keys(value).length > 0 && place.depth < 12 && !whole) return walkMap(value, place)
    const keys = mergeKeysAt(value, place.field, builtIn)
    if (Array.isArray(value) && keys !== undefined) return walkList(value, keys, place)
    found.set(place.path, value)
  }
  walk(object, { path: '', field: '', depth: 0 })
  return found
}

export function toTree(paths: Iterable<string>): Json {
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

export function fromTree(tree: Json | undefined, prefix = '', into = new Set<string>()): Set<string> {
  for (const [step, inner] of Object.entries(tree ?? {})) {
    const path = prefix === '' ? step : `${prefix}${SEPARATOR}${step}`
    if (isMap(inner) && Object.keys(inner).length > 0) fromTree(inner, path, into)
    else into.add(path)
  }
  return into
}
