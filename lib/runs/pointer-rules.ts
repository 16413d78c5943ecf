import type { FieldChange } from './entry-schema.ts'

export type PatchOp = { readonly op: 'test' | 'add' | 'replace' | 'remove'; readonly path: string; readonly value?: unknown }
export const ABSENT: unique symbol = Symbol('absent')

function tokens(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** What stands at a JSON pointer; `ABSENT` when nothing does. */
export function readPath(object: unknown, path: string): unknown {
  let here: unknown = object
  for (const token of tokens(path)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, token)) return ABSENT
    here = (here as Record<string, unknown>)[token]
  }
  return here
}

/** A copy with the pointer's place written, or emptied for `ABSENT`; missing parents come into being. */
export function writePath<T>(object: T, path: string, value: unknown): T {
  const copy = structuredClone(object)
  const way = tokens(path)
  const last = way.pop() ?? ''
  let here = copy as unknown as Record<string, unknown>
  for (const token of way) {
    const next = here[token]
    if (typeof next !== 'object' || next === null) {
      if (value === ABSENT) return copy
      here[token] = {}
    }
    here = here[token] as Record<string, unknown>
  }
  if (value === ABSENT) delete here[last]
  else here[last] = value
  return copy
}

/** Same JSON value, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.keys(a), Object.keys(b)]
  return (
    left.length === right.length &&
    left.every((key) => Object.hasOwn(b, key) && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  )
}

export function changeOf(object: unknown, path: string, to: unknown): FieldChange {
  const was = readPath(object, path)
  return {
    path,
    old: was === ABSENT ? null : was,
    new: to === ABSENT ? null : to,
    ...(was === ABSENT ? { oldAbsent: true } : {}),
    ...(to === ABSENT ? { newAbsent: true } : {}),
  }
}

/** Whether the object stands where a change wants it (`done`), where it came from (`not-done`), or somewhere else. */
export function compareChange(object: unknown, change: FieldChange): 'done' | 'not-done' | 'foreign' {
  const now = readPath(object, change.path)
  const is = (value: unknown, absent: boolean | undefined) =>
    absent ? now === ABSENT || isEmptyObject(now) : now !== ABSENT && sameJson(now, value)
  if (is(change.new, change.newAbsent)) return 'done'
  return is(change.old, change.oldAbsent) ? 'not-done' : 'foreign'
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/**
 * The JSON patch for some changes of an object seen as `object`: tests on uid and on each old value first, so that it
 * is refused (422) when anything moved since; a path with nothing before cannot be tested, only its nearest parent made.
 */
export function patchFor(object: unknown, uid: string, changes: readonly FieldChange[]): PatchOp[] {
  const tests: PatchOp[] = [{ op: 'test', path: '/metadata/uid', value: uid }]
  const writes: PatchOp[] = []
  let draft = object
  for (const change of changes) {
    if (!change.oldAbsent) tests.push({ op: 'test', path: change.path, value: change.old })
    if (change.newAbsent) {
      if (readPath(draft, change.path) !== ABSENT) writes.push({ op: 'remove', path: change.path })
      draft = writePath(draft, change.path, ABSENT)
      continue
    }
    const way = change.path.split('/').slice(1, -1)
    for (let i = 1; i <= way.length; i++) {
      const parent = `/${way.slice(0, i).join('/')}`
      const there = readPath(draft, parent)
      if (there !== ABSENT && there !== null) continue
      writes.push({ op: 'add', path: parent, value: {} })
      draft = writePath(draft, parent, {})
    }
    writes.push({ op: change.oldAbsent ? 'add' : 'replace', path: change.path, value: change.new })
    draft = writePath(draft, change.path, change.new)
  }
  return [...tests, ...writes]
}
