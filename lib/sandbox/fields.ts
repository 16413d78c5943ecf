import { fieldsOf, fromTree, isMap, type Json, SEPARATOR, toTree } from './field-sets.ts'
import type { Kind } from './kinds.ts'
import { listKeys } from './patches.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest } from './refusal.ts'
import { copy, same, seconds } from './values.ts'

type Entry = {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string
  fieldsType?: string
  fieldsV1?: Json
  subresource?: string
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
  next.metadata.managedFields = inOrder(settled)
}

/** As the server lists them: applies first, then by time, then by name. */
function inOrder(entries: Entry[]): Entry[] {
  const keys = ({ operation, time = '', manager, apiVersion, subresource = '' }: Entry) =>
    [operation, time, manager, apiVersion, subresource].join('\u0000')
  return entries.sort((a, b) => (keys(a) < keys(b) ? -1 : 1))
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
  const wanted = fieldsOf(applied, builtIn, true)
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
  next.metadata.managedFields = inOrder(settle(entries, lost, mine))
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
