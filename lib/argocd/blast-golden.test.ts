import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import { openPlayer, readRecording } from '../testing/golden-player.ts'
import { findInstances } from './find-instances.ts'
import { ARGO, blastRadius } from './rules.ts'

const KINDS: Readonly<Record<string, string>> = {
  namespaces: 'Namespace',
  applications: 'Application',
  applicationsets: 'ApplicationSet',
  appprojects: 'AppProject',
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  cronjobs: 'CronJob',
  services: 'Service',
  ingresses: 'Ingress',
  configmaps: 'ConfigMap',
  persistentvolumeclaims: 'PersistentVolumeClaim',
  persistentvolumes: 'PersistentVolume',
  customresourcedefinitions: 'CustomResourceDefinition',
  apiservices: 'APIService',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  poddisruptionbudgets: 'PodDisruptionBudget',
  'certificates.certs.acme.test': 'Certificate',
}

const open = (name: string) => readRecording(join(import.meta.dirname, '../../tests/golden/scenarios', name))

/** What of the first state was not there any more at the end, created again or not, in the words of the recording. */
function went(name: string): readonly string[] {
  const end = open(name).truth.moments.at(-1) as Readonly<Record<string, unknown>> | undefined
  return Object.entries(KINDS)
    .flatMap(([resource, kind]) => {
      const change = end?.[resource] as { gone?: readonly string[]; uidChanged?: readonly { key: string }[] } | undefined
      return [...(change?.gone ?? []), ...(change?.uidChanged ?? []).map((one) => one.key)].map((key) => `${kind} ${key}`)
    })
    .sort()
}

function predicted(name: string, kind: string, target: string, group?: string, from?: string): readonly string[] {
  const tape = open(name)
  const player = openPlayer(tape)
  const { inventory } = player
  if (from) player.playTo(tape.truth.marks.find((one) => one.text.startsWith(from))?.ms ?? Number.NaN)
  const found = inventory.find(kind, group === ARGO ? 'argocd' : '', target, group)
  if (!found) throw new Error(`no ${kind} ${target}`)
  const kinds = new Set(Object.values(KINDS))
  const key = (one: SlimRecord) => `${one.kind} ${one.namespace}/${one.name}`
  return blastRadius(inventory, found, findInstances(inventory))
    .objects.filter((one) => kinds.has(one.kind))
    .map(key)
    .sort()
}

test.each([
  ['applicationset-deleted', 'ApplicationSet', 'platform-addons', ARGO],
  ['crd-deleted', 'CustomResourceDefinition', 'certificates.certs.acme.test', undefined],
  ['namespace-stuck-by-finalizer', 'Namespace', 'shop-staging', undefined],
  ['service-namespace-pruned', 'Namespace', 'payments-orders', undefined],
] as const)('%s: what went is what was foretold of deleting %s %s, object by object', (name, kind, target, group) => {
  expect(predicted(name, kind, target, group)).toEqual(went(name))
})

test('five seconds into the founding night it is foretold what the controllers delete hours later, when somebody starts them', () => {
  const foretold = new Set(
    predicted('argocd-namespace-deleted', 'Namespace', 'argocd', undefined, 'pod argocd-application-controller-0 deleting'),
  )
  const later = went('reinstall-finishes-deletion').filter((key) => !/ argocd\//.test(key))
  expect(later.length).toBeGreaterThan(100)
  expect(later.filter((key) => !foretold.has(key))).toEqual([])
})
