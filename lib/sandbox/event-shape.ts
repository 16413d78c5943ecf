import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'

/** Fields of an Event of events.k8s.io and what the same field is called in the legacy group. */
const NAMES: readonly (readonly [modern: string, legacy: string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
]

function isModern({ resource }: Kind): boolean {
  return resource === 'events.events.k8s.io'
}

/** A stored Event as its group shows it: both groups read the same objects. */
export function shownEvent(object: Obj, kind: Kind): Obj {
  if (!isModern(kind)) return object
  const shown = { ...object }
  for (const [modern, legacy] of NAMES) {
    if (object[legacy] !== undefined) shown[modern] = object[legacy]
    delete shown[legacy]
  }
  return shown
}

/** A written Event as it is stored. */
export function storedEvent(object: Obj, kind: Kind): Obj {
  if (!isModern(kind)) return object
  const stored = { ...object }
  for (const [modern, legacy] of NAMES) {
    if (object[modern] !== undefined) stored[legacy] = object[modern]
    delete stored[modern]
  }
  return stored
}
