import type { FieldChange, LedgerNote } from '../entry-schema.ts'
import { type Ground, getNow, resourceFor } from '../ground.ts'
import { ABSENT, changeOf, readPath, sameJson } from '../pointer-rules.ts'
import type { LedgerRow } from '../view.ts'
import { type ActOf, FROZEN, groupOf, patchItem, type PlannedItem } from './act-item.ts'

const parse = (text: string): unknown => (text === 'absent' ? ABSENT : JSON.parse(text))

function closing(row: LedgerRow): LedgerNote {
  const [original, written] = [parse(row.original), parse(row.written)]
  return { does: 'close', field: row.field, original: original === ABSENT ? null : original, originalAbsent: original === ABSENT, written: written === ABSENT ? null : written, writtenAbsent: written === ABSENT }
}

/**
 * Takes one temporary change back, three-way: live = written → the original; live = original → nothing to do;
 * anything else is a conflict that a person picks. While others hold the change too, only this run lets go.
 */
export async function reverseRow(ground: Ground, row: LedgerRow): Promise<PlannedItem> {
  const ledger = [closing(row)]
  const resource = resourceFor(ground, row.object.kind, groupOf(row.object.apiVersion))
  const live = await getNow(ground.api, resource, row.object.namespace, row.object.name)
  const none = { key: `${row.object.kind}/${row.object.namespace}/${row.object.name}`, object: row.object, path: row.field, verb: 'none' as const, changes: [] }
  if (!live) return { item: { ...none, ledger }, request: null, live: null, state: 'already-so', note: 'the object is gone, and the change with it' }
  if (row.holders.some((holder) => holder !== ground.run.id)) return { item: { ...none, ledger }, request: null, live: live.object, state: 'already-so', note: `still held by ${row.holders.length - 1} other run` }
  const [now, original, written] = [readPath(live.object, row.field), parse(row.original), parse(row.written)]
  const is = (value: unknown) => (value === ABSENT ? now === ABSENT : now !== ABSENT && sameJson(now, value))
  const changes: FieldChange[] = []
  if (is(written)) changes.push(changeOf(live.object, row.field, original))
  else if (!is(original)) {
    return { item: { ...none, ledger: [] }, request: null, live: live.object, state: 'conflict', note: `${row.field} is neither what was written nor what was there before: ${JSON.stringify(now === ABSENT ? 'absent' : now).slice(0, 200)}` }
  }
  if (readPath(live.object, FROZEN) !== ABSENT) changes.push(changeOf(live.object, FROZEN, ABSENT))
  return patchItem(ground, live, changes, ledger, 'it is as it was before already')
}

/** Takes back everything of an earlier step that is still in the ledger. */
export const reverse: ActOf<{ step: string }> = async (ground, args) => {
  const rows = ground.ledger.filter((row) => row.state !== 'reversed' && row.step === args.step && row.holders.includes(ground.run.id))
  const items: PlannedItem[] = []
  for (const row of rows) items.push(await reverseRow(ground, row))
  return { items, notes: rows.length === 0 ? [`nothing of step ${args.step} is in the ledger`] : [] }
}
