import { isAutomated } from '../../argocd/reinstall-rules.ts'
import { ABSENT, changeOf } from '../pointer-rules.ts'
import { resolveForAct, resolveSet } from '../resolve-set.ts'
import { type ActOf, FROZEN, frozenNote, opening, openRow, patchItem } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'
import { reverseRows } from './reverse-ledger.ts'

const AUTOMATED = '/spec/syncPolicy/automated'

/** Switches automated sync off and keeps what it was; whoever finds it frozen joins. */
export const freeze: ActOf<string> = async (ground, set) => {
  const { items } = await resolveForAct(ground, set)
  return {
    notes: [],
    items: items.map((one) => {
      const row = openRow(ground, one, AUTOMATED)
      if (row)
        return patchItem(
          ground,
          one,
          [],
          [{ does: 'open', field: AUTOMATED, original: null, originalAbsent: true, written: null, writtenAbsent: true }],
          'frozen already: this run holds it too',
        )
      if (!isAutomated(one.object)) return patchItem(ground, one, [], [], 'its automation is off already')
      const change = changeOf(one.object, AUTOMATED, ABSENT)
      return patchItem(ground, one, [change, changeOf(one.object, FROZEN, frozenNote(ground, change))], [opening(change)])
    }),
  }
}

/** Gives each Application exactly the automation it had; what changed meanwhile is a conflict, never overwritten. */
export const thaw: ActOf<string> = async (ground, set) => {
  const { items } = await resolveSet(ground, set)
  const planned: PlannedItem[] = []
  for (const one of items) {
    const row = openRow(ground, one, AUTOMATED)
    if (row) planned.push(await reverseRows(ground, [row]))
  }
  return { items: planned, notes: planned.length === 0 ? [`no Application of ${set} is frozen`] : [] }
}
