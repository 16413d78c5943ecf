import { at, type Dict, text } from '../kernel/wire.ts'
import type { RecordedEvent } from './port.ts'

/** Which of a cluster's events are kept: every warning, and all that Argo CD says of itself and its objects. */
export function isToldEvent(object: Dict): boolean {
  if (text(object.type) === 'Warning') return true
  if (text(at(object, 'involvedObject', 'apiVersion')).startsWith('argoproj.io/')) return true
  return /^argocd|^applicationset/.test(sourceOf(object))
}

/** A core/v1 Event as history keeps it; its time is the newest the event itself names. */
export function recordedEvent(object: Dict, observedAt: string): RecordedEvent {
  const about = (field: string) => text(at(object, 'involvedObject', field))
  const when =
    text(at(object, 'series', 'lastObservedTime')) ||
    text(object.lastTimestamp) ||
    text(object.eventTime) ||
    text(object.firstTimestamp) ||
    text(at(object, 'metadata', 'creationTimestamp')) ||
    observedAt
  return {
    at: when,
    type: text(object.type),
    reason: text(object.reason),
    message: text(object.message),
    object: { kind: about('kind'), namespace: about('namespace'), name: about('name'), uid: about('uid') },
    source: sourceOf(object),
  }
}

function sourceOf(object: Dict): string {
  return text(at(object, 'source', 'component')) || text(object.reportingComponent)
}
