import { no, ok, type Result } from '../kernel/result.ts'
import { at, type Dict, dict, list, num, text } from '../kernel/wire.ts'
import type { AuditLine } from './port.ts'

/** One line worth keeping; `key` is the same however often the API server sends it. */
export type KeptLine = { readonly key: string; readonly line: AuditLine }

/** Events per body; an API server's webhook sends 400 at a time unless told otherwise (kube-apiserver --audit-webhook-batch-max-size). */
const MOST_EVENTS = 10_000
const MOST_TEXT = 300
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
/** Subresources by which somebody changes what is wanted; a status is a controller's word. */
const SUBRESOURCES = new Set(['', 'scale', 'finalize', 'eviction'])
const CHURN =
  /^(events|leases|endpoints|endpointslices|pods|replicasets|controllerrevisions|tokenreviews|tokenrequests|(self|local)?subject(access|rules)reviews|selfsubjectreviews)$/

/** The events of a body: one, an EventList, an array, or a JSON text per line (audit.k8s.io/v1). */
export function auditEvents(body: string): Result<readonly Dict[], string> {
  const whole = parse(body)
  const events =
    whole === undefined
      ? body
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map(parse)
      : eventsIn(whole)
  const bad = events.findIndex(
    (one) => text(dict(one).auditID) === '' || !text(dict(one).apiVersion || 'audit.k8s.io/v1').startsWith('audit.k8s.io/'),
  )
  if (events.length > MOST_EVENTS) return no(`These are ${events.length} events: send at most ${MOST_EVENTS} at once.`)
  if (bad >= 0)
    return no(
      `${whole === undefined ? 'Line' : 'Event'} ${bad + 1} is no audit event: send JSON of audit.k8s.io/v1 Event or EventList, or one Event per line.`,
    )
  return ok(events.map(dict))
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

function eventsIn(whole: unknown): readonly unknown[] {
  if (Array.isArray(whole)) return whole
  const { kind, items } = dict(whole)
  return kind === 'EventList' ? list(items) : [whole]
}

/** An audit event as it is kept: who wrote what, without what was written; null for reads, refusals, dry runs and churn. */
export function auditLine(event: Dict): KeptLine | null {
  const ref = dict(event.objectRef)
  const code = num(at(event, 'responseStatus', 'code'))
  const received = Date.parse(text(event.requestReceivedTimestamp))
  const [verb, resource, subresource] = [text(event.verb), short(ref.resource), short(ref.subresource)]
  if (text(event.stage) !== 'ResponseComplete' || !WRITES.has(verb) || code < 200 || code >= 300 || Number.isNaN(received)) return null
  if (resource === '' || CHURN.test(resource) || !SUBRESOURCES.has(subresource) || /[?&]dryRun=/.test(text(event.requestURI))) return null
  const account = short(at(event, 'user', 'username'))
  const impersonated = short(at(event, 'impersonatedUser', 'username'))
  return {
    key: short(event.auditID),
    line: {
      at: new Date(received).toISOString(),
      verb,
      user: impersonated || account,
      account,
      impersonated,
      group: short(ref.apiGroup),
      resource,
      subresource,
      // A namespace is said to be in itself (apiserver RequestInfo).
      namespace: resource === 'namespaces' ? '' : short(ref.namespace),
      name: short(ref.name),
      uid: short(ref.uid),
      code,
      agent: short(event.userAgent),
    },
  }
}

function short(value: unknown): string {
  return text(value).slice(0, MOST_TEXT)
}
