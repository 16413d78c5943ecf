/** A JSON value as boards hold it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * What changed on a board. Keys of `set` and members of `gone` are JSON pointers (RFC 6901) in which an element
 * of a keyed list (objects with unique `id`, else unique `name`) stands by that key instead of its index;
 * `<list>/~order` lists the keys of a keyed list whose membership or order changed.
 */
export type Change = { readonly set: { readonly [pointer: string]: Json }; readonly gone: readonly string[] }
export type Patch = Change & { readonly topic: string; readonly epoch: string; readonly from: number; readonly rev: number }
export type Whole<T = Json> = { readonly topic: string; readonly epoch: string; readonly rev: number; readonly board: T }
export type Held<T = Json> = { readonly epoch: string; readonly rev: number; readonly board: T }

const ORDER = '~order'
type JsonObject = { [key: string]: Json }

/** The patched board, or null when the patch does not fit; unchanged parts keep their identity. */
export function applyPatch<T>(held: Held<T>, patch: Patch): Held<T> | null {
  if (patch.epoch !== held.epoch || patch.from !== held.rev) return null
  return { epoch: patch.epoch, rev: patch.rev, board: applyChange(held.board as Json, patch) as T }
}

/** What leads from `was` to `is`; null when nothing differs. */
export function diff(was: Json, is: Json): Change | null {
  const set: { [pointer: string]: Json } = {}
  const gone: string[] = []
  compare(was, is, '', set, gone)
  return gone.length === 0 && Object.keys(set).length === 0 ? null : { set, gone }
}

function compare(was: Json, is: Json, at: string, set: { [pointer: string]: Json }, gone: string[]): void {
  if (Object.is(was, is)) return
  if (isObject(was) && isObject(is)) {
    for (const key of Object.keys(was)) if (!Object.hasOwn(is, key)) gone.push(`${at}/${escapeKey(key)}`)
    compareFields(was, is, at, set, gone)
    return
  }
  const [before, after] = [keyed(was), keyed(is)]
  if (before && after && before.by === after.by) {
    const [old, now] = [[...before.items.keys()], [...after.items.keys()]]
    for (const key of old) if (!after.items.has(key)) gone.push(`${at}/${escapeKey(key)}`)
    if (old.length !== now.length || now.some((key, i) => key !== old[i])) set[`${at}/${ORDER}`] = now
    compareFields(Object.fromEntries(before.items), Object.fromEntries(after.items), at, set, gone)
    return
  }
  if (!same(was, is)) set[at] = is
}

function compareFields(was: JsonObject, is: JsonObject, at: string, set: { [pointer: string]: Json }, gone: string[]): void {
  for (const [key, value] of Object.entries(is)) {
    const before = Object.hasOwn(was, key) ? was[key] : undefined
    if (before === undefined) set[`${at}/${escapeKey(key)}`] = value
    else compare(before, value, `${at}/${escapeKey(key)}`, set, gone)
  }
}

type Branch = { value?: Json; gone?: true; order?: string[]; below: Map<string, Branch> }

/** Applies a change to a board without asking where it came from. */
export function applyChange(board: Json, change: Change): Json {
  const root: Branch = { below: new Map() }
  for (const pointer of change.gone) branchAt(root, pointer).gone = true
  for (const [pointer, value] of Object.entries(change.set)) {
    if (pointer.endsWith(`/${ORDER}`)) branchAt(root, pointer.slice(0, -ORDER.length - 1)).order = value as string[]
    else branchAt(root, pointer).value = value
  }
  return grow(board, root)
}

function branchAt(root: Branch, pointer: string): Branch {
  let branch = root
  for (const part of pointer === '' ? [] : pointer.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const next: Branch = branch.below.get(key) ?? { below: new Map() }
    branch.below.set(key, next)
    branch = next
  }
  return branch
}

function grow(value: Json, branch: Branch): Json {
  if (branch.value !== undefined) return branch.value
  if (branch.below.size === 0 && !branch.order) return value
  const list = keyed(value)
  const fields = new Map(list ? list.items : Object.entries(isObject(value) ? value : {}))
  for (const [key, below] of branch.below) {
    if (below.gone) fields.delete(key)
    else fields.set(key, grow(fields.get(key) ?? null, below))
  }
  if (!list) return Object.fromEntries(fields)
  return (branch.order ?? [...fields.keys()]).flatMap((key) => fields.get(key) ?? [])
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list whose elements can be told apart by a key of their own; empty lists cannot, and are replaced whole. */
function keyed(value: Json): { by: string; items: Map<string, Json> } | null {
  if (!Array.isArray(value) || value.length === 0) return null
  for (const by of ['id', 'name']) {
    const items = new Map<string, Json>()
    for (const item of value) {
      const key = isObject(item) && Object.hasOwn(item, by) ? item[by] : undefined
      if (typeof key !== 'string' || items.has(key)) break
      items.set(key, item)
    }
    if (items.size === value.length) return { by, items }
  }
  return null
}

function same(a: Json, b: Json): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i] ?? null))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key] ?? null, b[key] ?? null))
}

function escapeKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
