import type { FieldChange, LedgerNote } from '../entry-schema.ts'
import { type Ground, getNow, resourceFor } from '../ground.ts'
import { ABSENT, changeOf, readPath, sameJson } from '../pointer-rules.ts'
import type { LedgerRow } from '../view.ts'
import { type ActOf, FROZEN, groupOf, patchItem } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'

const parse = (text: string): unknown => (text === 'absent' ? ABSENT : JSON.parse(text))

function closing(row: LedgerRow): LedgerNote {
  const [original, written] = [parse(row.original), parse(row.written)]
  return {
    does: 'close',
    field: row.field,
    original: original === ABSENT ? null : original,
    originalAbsent: original === ABSENT,
    written: written === ABSENT ? null : written,
    writtenAbsent: written === ABSENT,
  }
}

/**
 * Takes the temporary changes of one object back, each three-way: live = written → the original; live = original →
 * nothing to do; anything else is a conflict that a person picks. While others hold a change too, only this run lets go.
 */
export async function reverseRows(ground: Ground, rows: readonly [LedgerRow, ...LedgerRow[]]): Promise<PlannedItem> {
  const [{ object }] = rows
  const resource = resourceFor(ground, object.kind, groupOf(object.apiVersion))
  const live = await getNow(ground.api, resource, object.namespace, object.name)
  const none = { key: `${object.kind}/${object.namespace}/${object.name}`, object, path: '', verb: 'none' as const, changes: [] }
  if (!live)
    return {
      item: { ...none, ledger: rows.map(closing) },
      request: null,
      live: null,
      state: 'already-so',
      note: 'the object is gone, and the change with it',
    }
  const changes: FieldChange[] = []
  const ledger: LedgerNote[] = []
  const held = rows.filter((row) => row.holders.some((holder) => holder !== ground.run.id))
  for (const row of rows) {
    ledger.push(closing(row))
    if (held.includes(row)) continue
    const [now, original, written] = [readPath(live.object, row.field), parse(row.original), parse(row.written)]
    const is = (value: unknown) => (value === ABSENT ? now === ABSENT : now !== ABSENT && sameJson(now, value))
    if (is(written)) changes.push(changeOf(live.object, row.field, original))
    else if (!is(original)) {
      const shown = JSON.stringify(now === ABSENT ? 'absent' : now).slice(0, 200)
      return {
        item: { ...none, ledger: [] },
        request: null,
        live: live.object,
        state: 'conflict',
        note: `${row.field} is neither what was written nor what was there before, but ${shown}: decide which it shall be, set it, then try again`,
      }
    }
  }
  if (held.length === 0 && readPath(live.object, FROZEN) !== ABSENT) changes.push(changeOf(live.object, FROZEN, ABSENT))
  return patchItem(ground, live, changes, ledger, held.length > 0 ? 'another run still holds it' : 'it is as it was before already')
}

function isSome(rows: LedgerRow[]): rows is [LedgerRow, ...LedgerRow[]] {
  return rows.length > 0
}

/** Takes back everything of an earlier step that is still in the ledger. */
export const reverse: ActOf<{ step: string }> = async (ground, args) => {
  const rows = ground.ledger.filter((row) => row.state !== 'reversed' && row.step === args.step && row.holders.includes(ground.run.id))
  const groups = new Map<string, LedgerRow[]>()
  for (const row of rows) {
    const key = `${row.object.kind}/${row.object.namespace}/${row.object.name}`
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const items: PlannedItem[] = []
  for (const group of groups.values()) if (isSome(group)) items.push(await reverseRows(ground, group))
  return { items, notes: rows.length === 0 ? [`nothing of step ${args.step} is in the ledger`] : [] }
}
