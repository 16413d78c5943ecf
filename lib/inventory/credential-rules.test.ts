import { expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import { at, dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { requiredCredentials } from './credential-rules.ts'
import { project } from './rules.ts'

const look = (records: readonly SlimRecord[]) => ({ list: (kind: string) => records.filter((one) => one.kind === kind) })
const pod = { imagePullSecrets: [{ name: 'pull' }], containers: [{ name: 'a', envFrom: [{ secretRef: { name: 'db' } }] }] }

function made(apiVersion: string, kind: string, name: string, more: object, namespace = 'shop'): SlimRecord {
  return project({ apiVersion, kind, metadata: { name, namespace, uid: `${kind}-${name}` }, ...more }, '2026-11-22T10:00:00.000Z')
}
const RECORDS = [
  made('apps/v1', 'Deployment', 'cart', { spec: { template: { spec: pod } } }),
  made('batch/v1', 'CronJob', 'report', { spec: { jobTemplate: { spec: { template: { spec: pod } } } } }),
  made('v1', 'ServiceAccount', 'runner', { imagePullSecrets: [{ name: 'robot' }] }),
  made('networking.k8s.io/v1', 'Ingress', 'cart', { spec: { tls: [{ secretName: 'cart-tls' }] } }),
  made(
    'v1',
    'ConfigMap',
    'argocd-cm',
    { data: { 'oidc.config': 'clientSecret: $sso:client.secret\nother: $oidc.key', 'x.y': 'costs $5 or $HOME' } },
    'argocd',
  ),
  made('v1', 'ConfigMap', 'argocd-notifications-cm', { data: { 'service.slack': 'token: $slack-token' } }, 'argocd'),
  made('v1', 'ConfigMap', 'other', { data: { a: '$sso:never' } }),
  made(
    'argoproj.io/v1alpha1',
    'Application',
    'cart',
    { spec: { source: { repoURL: 'https://git.acme.test/shop' }, destination: { server: 'https://eu.acme.test', namespace: 'shop' } } },
    'argocd',
  ),
  made(
    'argoproj.io/v1alpha1',
    'Application',
    'here',
    { spec: { source: { repoURL: 'https://git.acme.test/shop' }, destination: { name: 'in-cluster' } } },
    'argocd',
  ),
]

test('what refers to a credential makes it needed; nothing else does', () => {
  expect(
    requiredCredentials(look(RECORDS), false).map((one) => `${one.id} ${one.keys.join()} <${one.neededBy.map((by) => by.kind).join()}>`),
  ).toEqual([
    'repository:/https://git.acme.test/shop  <Application,Application>',
    'secret:shop/db  <Deployment,CronJob>',
    'secret:shop/pull  <Deployment,CronJob>',
    'cluster:/https://eu.acme.test  <Application>',
    'secret:argocd/argocd-notifications-secret slack-token <ConfigMap>',
    'secret:argocd/argocd-secret oidc.key <ConfigMap>',
    'secret:argocd/sso client.secret <ConfigMap>',
    'secret:shop/cart-tls  <Ingress>',
    'secret:shop/robot  <ServiceAccount>',
  ])
})

test('where names are listed the missing ones come first; where they are not, nobody says whether it is there', () => {
  const there = [...RECORDS, made('v1', 'Secret', 'db', {}), made('v1', 'Secret', 'pull', {})]
  const present = requiredCredentials(look(there), true)
  expect(present[0]).toMatchObject({ present: false })
  expect(present.find((one) => one.id === 'secret:shop/db')?.present).toBe(true)
  expect(present.find((one) => one.what === 'repository')?.present).toBeNull()
  expect(new Set(requiredCredentials(look(there), false).map((one) => one.present))).toEqual(new Set([null]))
})

test('of a real platform the Secrets that its workloads name are found', () => {
  const golden = [
    'apps.v1.deployments',
    'apps.v1.statefulsets',
    'core.v1.serviceaccounts',
    'networking.k8s.io.v1.ingresses',
    'argoproj.io.v1alpha1.applications',
  ]
  const records = golden.flatMap((file) => {
    const body = dict(readGolden(`baseline/lists/${file}.json.gz`))
    return list(body.items).map((item) =>
      project({ ...dict(item), apiVersion: body.apiVersion, kind: String(body.kind).replace(/List$/, '') }, ''),
    )
  })
  const needed = requiredCredentials(look(records), false)
  const named = new Set<string>()
  for (const file of golden.slice(0, 2))
    for (const item of list(at(readGolden(`baseline/lists/${file}.json.gz`), 'items')))
      for (const [, name] of JSON.stringify(at(item, 'spec', 'template')).matchAll(
        /"(?:secretRef|secretKeyRef)":\{[^}]*"name":"([^"]+)"[^}]*\}/g,
      ))
        named.add(`${at(item, 'metadata', 'namespace')}/${name}`)
  const found = new Set(needed.filter((one) => one.what === 'secret').map((one) => `${one.namespace}/${one.name}`))
  expect([...named].filter((one) => !found.has(one))).toEqual([])
  expect(needed.filter((one) => one.what === 'repository').length).toBeGreaterThan(0)
})
