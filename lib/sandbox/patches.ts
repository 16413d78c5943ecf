import { ApiRefusal } from './port.ts'
import { copy, goText, same } from './values.ts'

type Json = Record<string, unknown>
type Operation = { op: string; path: string; from?: string; value?: unknown }

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch
  const result: Json = isMap(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field]
    else result[field] = mergePatch(result[field], value)
  }
  return result
}

function rejected(): ApiRefusal {
  return new ApiRefusal({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  })
}

function steps(path: string): string[] {
  return path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function parentOf(root: unknown, path: readonly string[]): Json | unknown[] {
  let at: unknown = root
  for (const step of path.slice(0, -1)) {
    at = Array.isArray(at) ? at[Number(step)] : isMap(at) ? at[step] : undefined
    if (at === undefined) throw rejected()
  }
  if (!Array.isArray(at) && !isMap(at)) throw rejected()
  return at
}

function read(root: unknown, path: string[]): unknown {
  let at: unknown = root
  for (const step of path) at = Array.isArray(at) ? at[Number(step)] : isMap(at) ? at[step] : undefined
  return at
}

function add(root: unknown, path: string[], value: unknown): void {
  const parent = parentOf(root, path)
  const last = path.at(-1) ?? ''
  if (!Array.isArray(parent)) {
    parent[last] = value
    return
  }
  const at = last === '-' ? parent.length : Number(last)
  if (!Number.isInteger(at) || at < 0 || at > parent.length) throw rejected()
  parent.splice(at, 0, value)
}

function remove(root: unknown, path: string[]): void {
  const parent = parentOf(root, path)
  const last = path.at(-1) ?? ''
  if (Array.isArray(parent)) {
    if (!(Number(last) in parent)) throw rejected()
    parent.splice(Number(last), 1)
  } else {
    if (!(last in parent)) throw rejected()
    delete parent[last]
  }
}

function replaceAt(root: unknown, at: string[], value: unknown): void {
  const parent = parentOf(root, at)
  const last = at.at(-1) ?? ''
  if (Array.isArray(parent)) {
    if (!(Number(last) in parent)) throw rejected()
    parent[Number(last)] = value
  } else parent[last] = value
}

function play(root: unknown, { op, path, from, value }: Operation): void {
  const at = steps(path)
  if (op === 'test') {
    const there = read(root, at)
    if (!(there === undefined ? value === null : same(there, value))) throw rejected()
    return
  }
  if (op === 'add') return add(root, at, copy(value))
  if (op === 'remove') return remove(root, at)
  if (op === 'replace') return replaceAt(root, at, copy(value))
  if (op !== 'move' && op !== 'copy') throw rejected()
  const source = steps(from ?? '')
  const moved = copy(read(root, source))
  if (moved === undefined) throw rejected()
  if (op === 'move') remove(root, source)
  add(root, at, moved)
}

/** RFC 6902 as the API server plays it: `replace` of a missing path of a map adds it. Throws `ApiRefusal`. */
export function jsonPatch(document: unknown, operations: readonly Operation[]): unknown {
  const root = copy(document)
  for (const operation of operations) play(root, operation)
  return root
}

/** Keys by which lists of built-in kinds merge; null marks a set of plain values. A list not named is replaced whole. */
const MERGE_KEYS: Readonly<Record<string, readonly string[] | null>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  secrets: ['name'],
  webhooks: ['name'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  matchConditions: ['name'],
  finalizers: null,
}

/** How the list at `field` under `parent` merges: its keys, null for a set, undefined when it is replaced whole. */
export function listKeys(field: string, items: readonly unknown[]): readonly string[] | null | undefined {
  if (field !== 'ports') return MERGE_KEYS[field]
  const first = items.find(isMap)
  return first && 'containerPort' in first ? ['containerPort', 'protocol'] : ['port', 'protocol']
}

function keyOf(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (isMap(item) ? (item[key] ?? (key === 'protocol' ? 'TCP' : null)) : null)))
}

function mergeLists(field: string, target: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const keys = listKeys(field, [...patch, ...target])
  if (keys === undefined) return [...patch]
  if (keys === null) {
    return [...target, ...patch.filter((item) => !target.some((there) => same(there, item)))]
  }
  const mergeBy = keys.slice(0, 1)
  const bare = patch.find((item) => isMap(item) && item.$patch !== 'replace' && item[mergeBy[0] ?? ''] === undefined)
  if (bare)
    throw new ApiRefusal({ code: 500, reason: '', message: `map: ${goText(bare)} does not contain declared merge key: ${mergeBy[0]}` })
  let result = [...target]
  const fresh: unknown[] = []
  if (patch.some((item) => isMap(item) && item.$patch === 'replace'))
    return patch.filter((item) => !(isMap(item) && item.$patch === 'replace'))
  for (const item of patch) {
    const key = keyOf(item, mergeBy)
    if (isMap(item) && item.$patch === 'delete') {
      result = result.filter((there) => keyOf(there, mergeBy) !== key)
      continue
    }
    const at = result.findIndex((there) => keyOf(there, mergeBy) === key)
    if (at >= 0) result[at] = strategicMerge(result[at], item)
    else fresh.push(strategicMerge({}, item))
  }
  return [...fresh, ...result]
}

function retained(target: Json, keys: unknown): Json {
  if (!Array.isArray(keys)) return { ...target }
  return Object.fromEntries(Object.entries(target).filter(([field]) => keys.includes(field)))
}

const FROM_LIST = '$deleteFromPrimitiveList/'

function mergeField(result: Json, field: string, value: unknown): void {
  if (field.startsWith(FROM_LIST)) {
    const list = field.slice(FROM_LIST.length)
    const there = result[list]
    if (Array.isArray(there) && Array.isArray(value)) result[list] = there.filter((item) => !value.some((gone) => same(gone, item)))
    return
  }
  if (field.startsWith('$')) return
  const there = result[field]
  if (value === null) delete result[field]
  else if (Array.isArray(value)) result[field] = mergeLists(field, Array.isArray(there) ? there : [], value)
  else result[field] = strategicMerge(there, value)
}

/** Strategic merge patch over the lists that built-in kinds merge by key. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch
  if (patch.$patch === 'delete') return {}
  if (patch.$patch === 'replace') {
    const { $patch: _, ...whole } = patch
    return whole
  }
  const result = retained(isMap(target) ? target : {}, patch.$retainKeys)
  for (const [field, value] of Object.entries(patch)) mergeField(result, field, value)
  return result
}
