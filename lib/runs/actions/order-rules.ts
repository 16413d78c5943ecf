import { applyOrder } from '../kind-rules.ts'
import type { PlannedItem } from './act-schema.ts'

/** Items in groups that may go side by side: what is created waits for the kinds it rests on, all else keeps its order by kind. */
export function carryOutOrder(items: readonly PlannedItem[]): readonly (readonly PlannedItem[])[] {
  const groups: { rank: number; items: PlannedItem[] }[] = []
  for (const one of items) {
    const rank = one.item.verb === 'create' || one.item.verb === 'apply' ? applyOrder(one.item.object.kind) : -1
    const last = groups.at(-1)
    if (last?.rank === rank) last.items.push(one)
    else groups.push({ rank, items: [one] })
  }
  return groups.map((group) => group.items)
}
