import { endpoint } from '#lib/http/endpoint'
import { K8sAuditTaken, MOST_AUDIT, TakeK8sAudit, takeK8sAudit } from '#lib/impact/take-k8s-audit'

export const POST = endpoint('k8s-audit.send', TakeK8sAudit, takeK8sAudit, {
  answers: K8sAuditTaken,
  text: { as: 'events', upTo: MOST_AUDIT },
  keyless: true,
  about: 'Takes lines of the API server’s own audit: an Event, an EventList, or an Event per line.',
})
