import type { Told } from './collector.ts'
import type { Recorder } from './history-store.ts'
import type { Inventory } from './port.ts'
import type { Heard, InventoryFeed } from './store.ts'

export interface Intake {
  take(told: readonly Told[]): void
}

/** Brings what a collector tells into the live store and into the history, in the same order. */
export function createIntake(inventory: Inventory & InventoryFeed, history: Recorder): Intake {
  let heard: Heard[] = []

  function flush(): void {
    if (heard.length === 0) return
    const together = heard
    heard = []
    inventory.apply(together)
  }

  function takeOne(one: Told): void {
    switch (one.say) {
      case 'set':
        heard.push({ type: 'set', record: one.record })
        history.observe(one)
        return
      case 'gone':
        heard.push({ type: 'gone', uid: one.uid, at: one.at })
        history.gone(one.uid, one.at)
        return
      case 'listed': {
        flush()
        const present = new Set(one.uids)
        for (const held of inventory.list(one.kind, one.group))
          if (!present.has(held.uid)) heard.push({ type: 'gone', uid: held.uid, at: one.at })
        flush()
        history.listed(one.group, one.kind, present, one.at)
        return
      }
      case 'event':
        history.event(one.event, one.key)
        return
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
        history.restored(one.note)
        return
    }
  }

  return {
    take(told) {
      for (const one of told) takeOne(one)
      flush()
    },
  }
}
