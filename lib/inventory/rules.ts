import { assessHealth } from '../cluster/health/assess.ts'
import type { Facts, Owner, SlimRecord } from '../cluster/schema.ts'
import { at, type Dict, dict, list, num, text, textMap, textOrNull, texts } from '../kernel/wire.ts'
import { applicationFacts, applicationSetFacts, appProjectFacts, settingsFacts } from './facts/argocd.ts'
import {
  accountFacts,
  apiServiceFacts,
  autoscalerFacts,
  certificateFacts,
  claimFacts,
  cronJobFacts,
  definitionFacts,
  endpointFacts,
  ingressFacts,
  jobFacts,
  namespaceFacts,
  nodeFacts,
  podFacts,
  serviceFacts,
  volumeFacts,
  webhookFacts,
} from './facts/platform.ts'
import { workloadFacts } from './facts/workload.ts'

export const TRACKING_ID = 'argocd.argoproj.io/tracking-id'
export const INSTANCE_LABEL = 'app.kubernetes.io/instance'

/** Annotations that some judgement reads; the rest is dropped at the door. */
const KEPT =
  /^(argocd\.argoproj\.io\/|blackstart\.dev\/|backstage\.io\/|argocd\/|helm\.sh\/(resource-policy|hook)|meta\.helm\.sh\/|github\.com\/project-slug$|cluster-autoscaler\.kubernetes\.io\/|downscaler\/|keda\.sh\/|deployment\.kubernetes\.io\/revision$|(owner|team|tier|contact|oncall|slack|cost-center)$)/

const FACTS: ReadonlyMap<string, (object: Dict) => Facts> = new Map<string, (object: Dict) => Facts>([
  ['apps/Deployment', workloadFacts],
  ['apps/StatefulSet', workloadFacts],
  ['apps/DaemonSet', workloadFacts],
  ['apps/ReplicaSet', workloadFacts],
  ['batch/CronJob', cronJobFacts],
  ['batch/Job', jobFacts],
  ['/Pod', podFacts],
  ['/Namespace', namespaceFacts],
  ['/PersistentVolumeClaim', claimFacts],
  ['/PersistentVolume', volumeFacts],
  ['/Service', serviceFacts],
  ['autoscaling/HorizontalPodAutoscaler', autoscalerFacts],
  ['keda.sh/ScaledObject', autoscalerFacts],
  ['cert-manager.io/Certificate', certificateFacts],
  ['/ConfigMap', settingsFacts],
  ['/Node', nodeFacts],
  ['discovery.k8s.io/EndpointSlice', endpointFacts],
  ['networking.k8s.io/Ingress', ingressFacts],
  ['apiextensions.k8s.io/CustomResourceDefinition', definitionFacts],
  ['apiregistration.k8s.io/APIService', apiServiceFacts],
  ['admissionregistration.k8s.io/ValidatingWebhookConfiguration', webhookFacts],
  ['admissionregistration.k8s.io/MutatingWebhookConfiguration', webhookFacts],
  ['argoproj.io/Application', applicationFacts],
  ['argoproj.io/ApplicationSet', applicationSetFacts],
  ['argoproj.io/AppProject', appProjectFacts],
  ['/ServiceAccount', accountFacts],
])

export type ProjectOptions = {
  /** True where Argo CD tracks by label (argocd-cm `application.resourceTrackingMethod: label`): then the instance label ties objects without a tracking-id. */
  readonly labelTracking?: boolean
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

const UNKNOWN = 'unknown:'

/** What stands for the uid of an object that an imported file names without one: the same for the same name. */
export function unknownUid(group: string, kind: string, namespace: string, name: string): string {
  return `${UNKNOWN}${group}/${kind}/${namespace}/${name}`
}

/** Whether an object can be told from another of its name. */
export function hasUid(record: { readonly uid: string }): boolean {
  return !record.uid.startsWith(UNKNOWN)
}

/** An object as the API server sent it, cut down to what the live store keeps. `observedAt` is RFC 3339. */
export function project(object: unknown, observedAt: string, options: ProjectOptions = {}): SlimRecord {
  const whole = dict(object)
  const meta = dict(whole.metadata)
  const apiVersion = text(whole.apiVersion)
  const kind = text(whole.kind)
  const facts = FACTS.get(`${groupOf(apiVersion)}/${kind}`)
  return {
    uid: text(meta.uid),
    apiVersion,
    kind,
    namespace: text(meta.namespace),
    name: text(meta.name),
    resourceVersion: text(meta.resourceVersion),
    generation: num(meta.generation),
    createdAt: text(meta.creationTimestamp),
    deletingAt: textOrNull(meta.deletionTimestamp),
    finalizers: texts(meta.finalizers),
    owners: list(meta.ownerReferences).map(owner),
    labels: textMap(meta.labels),
    annotations: keptAnnotations(meta.annotations),
    tracking: trackingOf(whole, options),
    health: assessHealth(whole),
    facts: facts ? facts(whole) : { is: 'other' },
    observedAt,
  }
}

function owner(value: unknown): Owner {
  const one = dict(value)
  return {
    apiVersion: text(one.apiVersion),
    kind: text(one.kind),
    name: text(one.name),
    uid: text(one.uid),
    controller: one.controller === true,
  }
}

function keptAnnotations(value: unknown): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [key, one] of Object.entries(dict(value))) if (typeof one === 'string' && KEPT.test(key)) kept[key] = one
  return kept
}

/**
 * The Application an object belongs to. A tracking-id `<app>:<group>/<Kind>:<namespace>/<name>` counts only on the object it names:
 * a controller that copies annotations to its children copies the id, too. A cluster-scoped object carries the destination namespace
 * of its Application there, so that part is not compared (Argo CD util/argo/resource_tracking.go).
 */
export function trackingOf(object: Dict, options: ProjectOptions = {}): SlimRecord['tracking'] {
  const id = text(at(object, 'metadata', 'annotations', TRACKING_ID))
  const parsed = parseTrackingId(id)
  if (parsed) return isSelfReference(parsed, object) ? { app: parsed.app, id } : null
  const instance = options.labelTracking ? text(at(object, 'metadata', 'labels', INSTANCE_LABEL)) : ''
  return instance === '' ? null : { app: instance, id: `label:${instance}` }
}

export type TrackingId = {
  readonly app: string
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export function parseTrackingId(id: string): TrackingId | null {
  const parts = /^([^:]+):([^/]*)\/([^:]+):([^/]*)\/(.+)$/.exec(id)
  if (!parts) return null
  const [, app = '', group = '', kind = '', namespace = '', name = ''] = parts
  return { app, group, kind, namespace, name }
}

function isSelfReference(id: TrackingId, object: Dict): boolean {
  const namespace = text(at(object, 'metadata', 'namespace'))
  return (
    id.group === groupOf(text(object.apiVersion)) &&
    id.kind === text(object.kind) &&
    id.name === text(at(object, 'metadata', 'name')) &&
    (namespace === '' || id.namespace === namespace)
  )
}
