import type { SlimRecord } from '../cluster/schema.ts'

/** More different words than this are forgotten together; what is shared by then stays shared. */
const MOST = 50_000

const NONE: readonly never[] = Object.freeze([])
const NO_WORDS: Readonly<Record<string, string>> = Object.freeze({})

/** Lets records share what they have in common: thousands of pods repeat the same namespace, labels and times. */
export function createSharing(): (record: SlimRecord) => SlimRecord {
  const words = new Map<string, string>()
  const maps = new Map<string, Readonly<Record<string, string>>>()

  function word(value: string): string {
    const known = words.get(value)
    if (known !== undefined) return known
    if (words.size >= MOST) words.clear()
    words.set(value, value)
    return value
  }

  function map(value: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const entries = Object.entries(value)
    if (entries.length === 0) return NO_WORDS
    const key = JSON.stringify(entries)
    const known = maps.get(key)
    if (known !== undefined) return known
    if (maps.size >= MOST) maps.clear()
    const shared: Record<string, string> = {}
    for (const [name, one] of entries) shared[name] = word(one)
    maps.set(key, shared)
    return shared
  }

  function facts(value: SlimRecord['facts']): SlimRecord['facts'] {
    const shared: Record<string, unknown> = { ...value }
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === 'string') shared[name] = word(one)
      else if (Array.isArray(one) && one.length === 0) shared[name] = NONE
      else if (Array.isArray(one) && typeof one[0] === 'string') shared[name] = one.map((each) => word(String(each)))
    }
    return shared as SlimRecord['facts']
  }

  return (record) => ({
    ...record,
    apiVersion: word(record.apiVersion),
    kind: word(record.kind),
    namespace: word(record.namespace),
    createdAt: word(record.createdAt),
    observedAt: word(record.observedAt),
    finalizers: record.finalizers.length === 0 ? NONE : record.finalizers.map(word),
    owners:
      record.owners.length === 0
        ? NONE
        : record.owners.map((one) => ({
            ...one,
            apiVersion: word(one.apiVersion),
            kind: word(one.kind),
            name: word(one.name),
            uid: word(one.uid),
          })),
    labels: map(record.labels),
    annotations: Object.keys(record.annotations).length === 0 ? NO_WORDS : record.annotations,
    facts: facts(record.facts),
  })
}
