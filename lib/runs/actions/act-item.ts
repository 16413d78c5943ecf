import type { ActItem, FieldChange, LedgerNote } from '../entry-schema.ts'
import { type Ground, type LiveObject, resourceFor } from '../ground.ts'
import { objectPath } from '../kind-rules.ts'
import { ABSENT, patchFor, readPath } from '../pointer-rules.ts'
import type { PlannedAct, PlannedItem } from './act-schema.ts'

export type ActOf<T> = (ground: Ground, args: T, act: string, step: string) => Promise<PlannedAct>

export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

export function pathOf(ground: Ground, one: LiveObject, subresource = ''): string {
  const resource = resourceFor(ground, one.ref.kind, groupOf(one.ref.apiVersion))
  return `${objectPath(one.ref.apiVersion, resource.plural, one.ref.namespace, one.ref.name)}${subresource ? `/${subresource}` : ''}`
}

/** A JSON patch of one live object that tests uid and old values; nothing to send when every change is so already. */
export function patchItem(
  ground: Ground,
  one: LiveObject,
  changes: readonly FieldChange[],
  ledger: readonly LedgerNote[] = [],
  noteWhenSo = 'already so',
): PlannedItem {
  const path = pathOf(ground, one)
  const open = changes.filter(
    (change) =>
      !(change.oldAbsent && change.newAbsent) &&
      (change.oldAbsent !== change.newAbsent || JSON.stringify(change.old) !== JSON.stringify(change.new)),
  )
  const base: Pick<ActItem, 'key' | 'object' | 'path'> = { key: one.key, object: one.ref, path }
  if (open.length === 0)
    return { item: { ...base, verb: 'none', changes: [], ledger }, request: null, live: one.object, state: 'already-so', note: noteWhenSo }
  return {
    item: { ...base, verb: 'patch', changes: open, ledger },
    request: { method: 'PATCH', path, contentType: 'application/json-patch+json', body: patchFor(one.object, one.ref.uid ?? '', open) },
    live: one.object,
    state: 'todo',
    note: '',
  }
}

/** The ledger's note of a temporary change of one field. */
export function opening(change: FieldChange): LedgerNote {
  return {
    does: 'open',
    field: change.path,
    original: change.old,
    originalAbsent: change.oldAbsent === true,
    written: change.new,
    writtenAbsent: change.newAbsent === true,
  }
}

export const FROZEN = '/metadata/annotations/blackstart.dev~1frozen'

/** Original and run, written on the object itself, for the day our database is gone. */
export function frozenNote(ground: Ground, change: FieldChange): string {
  return JSON.stringify({
    field: change.path,
    original: change.oldAbsent ? 'absent' : change.old,
    run: ground.run.id,
    t0: ground.run.started.t0,
  })
}

export function valueAt(one: LiveObject, path: string): unknown {
  const value = readPath(one.object, path)
  return value === ABSENT ? undefined : value
}

export function openRow(ground: Ground, one: Pick<LiveObject, 'ref'>, field: string) {
  return ground.ledger.find(
    (row) =>
      row.state !== 'reversed' &&
      row.field === field &&
      row.object.kind === one.ref.kind &&
      row.object.namespace === one.ref.namespace &&
      row.object.name === one.ref.name,
  )
}
