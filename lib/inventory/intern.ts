import type { Owner, SlimRecord } from '../cluster/schema.ts'

/** More different words than this are forgotten together; what is shared by then stays shared. */
const MOST = 50_000

const NONE: readonly never[] = Object.freeze([])
const NO_WORDS: Readonly<Record<string, string>> = Object.freeze({})

/** Lets records share what they have in common: thousands of pods repeat the same namespace, labels and times. Changes the record given. */
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
    let key = ''
    for (const name in value) key += `${name}\n${value[name]}\n`
    if (key === '') return NO_WORDS
    const known = maps.get(key)
    if (known !== undefined) return known
    if (maps.size >= MOST) maps.clear()
    maps.set(key, value)
    return value
  }

  function facts(shared: Record<string, unknown>): void {
    for (const name in shared) {
      const one = shared[name]
      if (typeof one === 'string') shared[name] = word(one)
      else if (Array.isArray(one) && one.length === 0) shared[name] = NONE
    }
  }

  return (record) => {
    // What was just read belongs to nobody else: changed in place, it makes no garbage.
    const own = record as { -readonly [K in keyof SlimRecord]: SlimRecord[K] }
    own.apiVersion = word(record.apiVersion)
    own.kind = word(record.kind)
    own.namespace = word(record.namespace)
    own.createdAt = word(record.createdAt)
    own.observedAt = word(record.observedAt)
    if (record.finalizers.length === 0) own.finalizers = NONE
    if (record.owners.length === 0) own.owners = NONE
    else for (const one of record.owners as { -readonly [K in keyof Owner]: Owner[K] }[]) shareOwner(one)
    own.labels = map(record.labels)
    own.annotations = map(record.annotations)
    facts(record.facts as unknown as Record<string, unknown>)
    return record
  }

  function shareOwner(own: { -readonly [K in keyof Owner]: Owner[K] }): void {
    own.apiVersion = word(own.apiVersion)
    own.kind = word(own.kind)
    own.name = word(own.name)
    own.uid = word(own.uid)
  }
}
