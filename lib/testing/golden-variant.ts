import { type Dict, dict, text } from '../kernel/wire.ts'
import type { Recording } from './golden-player.ts'

export type Key = `${string}/${string}`
type Pick = Key | ((object: Dict) => boolean)

/** What somebody or something does to a recorded platform, in order; times in ms of the recording. */
export type Variant = {
  /** All that follows happens at this time, and each thing 20 ms after the one before. */
  at(ms: number): Variant
  /** The object gets a deletionTimestamp and stays, as one with a finalizer does. */
  mark(resource: string, ...picks: readonly Pick[]): Variant
  gone(resource: string, ...picks: readonly Pick[]): Variant
  change(resource: string, pick: Pick, how: (object: Dict) => Dict): Variant
  /** The same object again, with another uid. */
  again(resource: string, key: Key, how?: (object: Dict) => Dict): Variant
  add(resource: string, object: Dict): Variant
  recording(): Recording
}

export function nameOf(object: Dict): string {
  return text(dict(object.metadata).name)
}

export function spaceOf(object: Dict): string {
  return text(dict(object.metadata).namespace)
}

export function keyOf(object: Dict): Key {
  return `${spaceOf(object)}/${nameOf(object)}`
}

export function trackedBy(...applications: readonly string[]): (object: Dict) => boolean {
  return (object) =>
    applications.includes(text(dict(dict(object.metadata).annotations)['argocd.argoproj.io/tracking-id']).split(':')[0] ?? '')
}

/** The platform as a recording found it, with a story of our own instead of the recorded one. */
export function varyRecording(tape: Recording): Variant {
  const state = new Map(
    Object.entries(tape.lists).map(([resource, list]) => [resource, new Map(list.items.map((one) => [keyOf(dict(one)), dict(one)]))]),
  )
  const first = new Map([...state].map(([resource, objects]) => [resource, new Map(objects)]))
  const lines: { ms: number; resource: string; type: string; object: Dict }[] = []
  let ms = 1_000
  let version = 9_000_000
  const ofKind = (resource: string) => {
    const found = state.get(resource)
    if (!found) throw new Error(`the recording has no ${resource}`)
    return found
  }
  const time = () => new Date(Date.parse(tape.startedAt) + ms).toISOString().replace(/\.\d+Z$/, 'Z')
  function picked(resource: string, pick: Pick): readonly Dict[] {
    const found = [...ofKind(resource)].filter(([key, object]) => (typeof pick === 'string' ? key === pick : pick(object)))
    if (found.length === 0) throw new Error(`no ${resource} ${typeof pick === 'string' ? pick : 'that fits'}`)
    return found.map(([, object]) => object)
  }
  function tell(resource: string, type: string, object: Dict): void {
    version += 1
    const whole = { ...object, metadata: { ...dict(object.metadata), resourceVersion: String(version) } }
    lines.push({ ms, resource, type, object: whole })
    if (type === 'DELETED') ofKind(resource).delete(keyOf(whole))
    else ofKind(resource).set(keyOf(whole), whole)
    ms += 20
  }
  const variant: Variant = {
    at(when) {
      ms = when
      return variant
    },
    mark(resource, ...picks) {
      for (const pick of picks)
        for (const object of picked(resource, pick))
          tell(resource, 'MODIFIED', { ...object, metadata: { ...dict(object.metadata), deletionTimestamp: time() } })
      return variant
    },
    gone(resource, ...picks) {
      for (const pick of picks) for (const object of picked(resource, pick)) tell(resource, 'DELETED', object)
      return variant
    },
    change(resource, pick, how) {
      for (const object of picked(resource, pick)) tell(resource, 'MODIFIED', how(object))
      return variant
    },
    again(resource, key, how = (object) => object) {
      const was = first.get(resource)?.get(key)
      if (!was) throw new Error(`the recording never had ${resource} ${key}`)
      tell(
        resource,
        'ADDED',
        how({ ...was, metadata: { ...dict(was.metadata), uid: `again-${resource}-${key}-${ms}`, creationTimestamp: time() } }),
      )
      return variant
    },
    add(resource, object) {
      tell(resource, 'ADDED', object)
      return variant
    },
    recording: () => ({
      startedAt: tape.startedAt,
      lists: tape.lists,
      lines: lines.toSorted((a, b) => a.ms - b.ms),
      truth: { marks: [], moments: [], durationMs: ms },
    }),
  }
  return variant
}
