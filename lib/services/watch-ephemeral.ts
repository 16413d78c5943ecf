import { isApplication } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Inventory } from '../inventory/port.ts'
import { type EphemeralRule, ephemeralBecause, ephemeralRules, isOfPodOrJob, isPullRequestSet } from './rules.ts'
import type { Catalog } from './schema.ts'

/** What came and went is remembered of this many objects of a sort; the oldest are forgotten. */
const MOST = 20_000

export type EphemeralWatch = {
  /** Why an object comes and goes by itself; null when it does not. Answers also for what is gone. */
  because(record: SlimRecord): string | null
  /** Every rule in force, with how many objects of now it is about. */
  rules(): readonly (EphemeralRule & { readonly objects: number })[]
  stop(): void
}

/** Remembers where Applications and claims came from: a pull request's ApplicationSet and Application are gone before the last of what they made. */
export function watchEphemeral(inventory: Pick<Inventory, 'all' | 'subscribe'>, catalog: Catalog): EphemeralWatch {
  const sets = new Set<string>()
  const parents = new Map<string, string>()
  const claims = new Set<string>()

  function learn(record: SlimRecord): void {
    if (isPullRequestSet(record)) remember(sets, record.uid)
    else if (record.kind === 'ApplicationSet') sets.delete(record.uid)
    if (isOfPodOrJob(record)) remember(claims, record.uid)
    if (!isApplication(record)) return
    const parent = record.owners.find((owner) => owner.kind === 'ApplicationSet')?.uid ?? ''
    for (const name of [record.name, `${record.namespace}_${record.name}`]) {
      parents.delete(name)
      if (parent !== '') parents.set(name, parent)
    }
    for (const name of parents.keys()) {
      if (parents.size <= MOST) break
      parents.delete(name)
    }
  }

  for (const record of inventory.all()) learn(record)
  const stop = inventory.subscribe((deltas) => {
    for (const delta of deltas) learn(delta.record)
  })
  const origins = {
    fromPullRequest: (application: string) => sets.has(parents.get(application) ?? ''),
    isPassingClaim: (uid: string) => claims.has(uid),
  }
  const because = (record: SlimRecord) => ephemeralBecause(record, catalog, origins)
  return {
    because,
    rules() {
      const counts = new Map<string, number>()
      for (const record of inventory.all()) {
        const why = because(record)
        if (why) counts.set(why, (counts.get(why) ?? 0) + 1)
      }
      return ephemeralRules(catalog).map((one) => ({ ...one, objects: counts.get(one.what) ?? 0 }))
    },
    stop,
  }
}

function remember(into: Set<string>, uid: string): void {
  into.add(uid)
  for (const one of into) {
    if (into.size <= MOST) break
    into.delete(one)
  }
}
