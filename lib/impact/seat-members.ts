import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { type Place, placeOf, serviceId } from '../services/rules.ts'

type Seated = { readonly members: Map<string, SlimRecord> }

export type Seats = {
  /** Puts an object where it belongs now; it may move from one service to another. */
  seat(record: SlimRecord): void
  unseat(record: SlimRecord): void
  /** What could not be placed before this object was known: its claims, their volumes, what it owns. */
  seatFollowers(record: SlimRecord): void
  /** The service that an object belongs to. */
  of(uid: string): string | undefined
}

export type SeatsOptions = {
  readonly cluster: string
  readonly look: Look
  readonly entryOf: (place: Place) => Seated
  readonly entry: (id: string) => Seated | undefined
  readonly touched: (id: string) => void
}

/** Keeps which object belongs to which service, and tells every service that wins or loses one. */
export function openSeats({ cluster, look, entryOf, entry, touched }: SeatsOptions): Seats {
  const placed = new Map<string, string>()

  function seat(record: SlimRecord): void {
    const before = placed.get(record.uid)
    const place = placeOf(record, look)
    const data = record.facts.is === 'claim' || record.facts.is === 'volume'
    // A claim whose workload is gone still belongs to the service that lost it.
    const keeps = data && before !== undefined && (place === null || place.because.source.startsWith('label '))
    const id = keeps ? before : place ? serviceId(cluster, place) : undefined
    if (before !== undefined && before !== id) {
      entry(before)?.members.delete(record.uid)
      touched(before)
    }
    if (id === undefined) {
      placed.delete(record.uid)
      return
    }
    const home = place && !keeps ? entryOf(place) : entry(id)
    home?.members.set(record.uid, record)
    placed.set(record.uid, id)
    touched(id)
  }

  function unseat(record: SlimRecord): void {
    const id = placed.get(record.uid)
    placed.delete(record.uid)
    if (id === undefined) return
    entry(id)?.members.delete(record.uid)
    touched(id)
  }

  function seatFollowers(record: SlimRecord): void {
    if (record.facts.is === 'workload' && record.kind !== 'ReplicaSet') {
      for (const one of look.inNamespace(record.namespace)) if (one.facts.is === 'claim') seat(one)
      for (const one of look.ownedBy(record.uid)) if (one.facts.is !== 'pod') seat(one)
    }
    if (record.facts.is === 'claim' && record.facts.volume) {
      const volume = look.find('PersistentVolume', '', record.facts.volume)
      if (volume) seat(volume)
    }
  }

  return { seat, unseat, seatFollowers, of: (uid) => placed.get(uid) }
}
