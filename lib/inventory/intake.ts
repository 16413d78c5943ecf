import type { SlimRecord } from '../cluster/schema.ts'
import type { Told } from './collector.ts'
import type { Recorder } from './history-store.ts'
import { createSharing } from './intern.ts'
import type { Kept } from './kept.ts'
import type { Inventory } from './port.ts'
import type { Heard, InventoryFeed } from './store.ts'

export interface Intake {
  take(told: readonly Told[]): void
  /** What the history is told, after the live state knew it. */
  keep(kept: readonly Kept[]): void
  /** A new collector starts: manifests that its predecessor still owed will not come. */
  reset(): void
}

/** Brings what a collector tells into the live store and, as their manifests follow, into the history. */
export function createIntake(inventory: Inventory & InventoryFeed, history: Recorder): Intake {
  const share = createSharing()
  const owed = new Map<string, SlimRecord>()
  let heard: Heard[] = []

  function flush(): void {
    if (heard.length === 0) return
    const together = heard
    heard = []
    inventory.apply(together)
  }

  function takeOne(one: Told): void {
    switch (one.say) {
      case 'set': {
        const record = share(one.record)
        heard.push({ type: 'set', record })
        if (one.kept) owed.set(`${record.uid} ${record.resourceVersion}`, record)
        return
      }
      case 'gone':
        heard.push({ type: 'gone', uid: one.uid, at: one.at })
        return
      case 'listed': {
        flush()
        const present = new Set(one.uids)
        for (const held of inventory.list(one.kind, one.group))
          if (!present.has(held.uid)) heard.push({ type: 'gone', uid: held.uid, at: one.at })
        flush()
        return
      }
      case 'state': {
        flush()
        const replaced = history.replaced()
        inventory.setKinds(one.kinds)
        inventory.setFacts(
          replaced
            ? { ...one.facts, replaced, trouble: 'another cluster answers at this address than the one that was recorded' }
            : { ...one.facts, replaced: null },
        )
        inventory.setReady(one.ready)
        return
      }
      case 'restored':
        flush()
        inventory.forget()
        inventory.setFacts({ freshness: 'catching-up', trouble: one.note })
        return
    }
  }

  function keepOne(one: Kept): void {
    switch (one.keep) {
      case 'body': {
        const key = `${one.uid} ${one.version}`
        const record = owed.get(key)
        owed.delete(key)
        if (record) history.observe({ record, body: one.body, by: one.by })
        return
      }
      case 'gone':
        history.gone(one.uid, one.at)
        return
      case 'listed':
        history.listed(one.group, one.kind, new Set(one.uids), one.at)
        return
      case 'event':
        history.event(one.event, one.key)
        return
      case 'restored':
        history.restored(one.note)
        return
    }
  }

  return {
    take(told) {
      for (const one of told) takeOne(one)
      flush()
    },
    keep(kept) {
      for (const one of kept) keepOne(one)
    },
    reset: () => owed.clear(),
  }
}
