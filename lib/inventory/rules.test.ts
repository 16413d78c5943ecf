import { expect, test } from 'vitest'
import { dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { parseTrackingId, project } from './rules.ts'

const AT = '2026-11-22T10:00:00.000Z'
const items = (file: string) => {
  const answer = dict(readGolden(`baseline/lists/${file}.json.gz`))
  return list(answer.items).map((one) =>
    project({ apiVersion: answer.apiVersion, kind: String(answer.kind).replace(/List$/, ''), ...dict(one) }, AT),
  )
}

test('a copied tracking-id ties nothing: only the object it names is tracked', () => {
  expect(items('apps.v1.deployments').filter((one) => one.tracking !== null)).toHaveLength(48)
  expect(items('apps.v1.replicasets').filter((one) => one.tracking !== null)).toHaveLength(0)
  expect(items('apps.v1.controllerrevisions').filter((one) => one.tracking !== null)).toHaveLength(0)
})

test('a cluster-scoped object is tracked though its id names a namespace', () => {
  expect(items('rbac.authorization.k8s.io.v1.clusterroles').filter((one) => one.tracking !== null)).toHaveLength(8)
})

test('an Application outside the namespace of Argo CD keeps its qualified name', () => {
  expect(parseTrackingId('team_app:apps/Deployment:shop/cart')).toEqual({
    app: 'team_app',
    group: 'apps',
    kind: 'Deployment',
    namespace: 'shop',
    name: 'cart',
  })
  expect(parseTrackingId('app:/Service:shop/cart')).toMatchObject({ group: '', kind: 'Service' })
  expect(parseTrackingId('nonsense')).toBeNull()
})

test('the instance label ties only where Argo CD tracks by label', () => {
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'shop', labels: { 'app.kubernetes.io/instance': 'cart-prod' } },
  }
  expect(project(object, AT).tracking).toBeNull()
  expect(project(object, AT, { labelTracking: true }).tracking).toEqual({ app: 'cart-prod', id: 'label:cart-prod' })
})

test('an Application is kept with what it wants and owns', () => {
  const app = items('argoproj.io.v1alpha1.applications').find((one) => one.name === 'cert-manager')
  expect(app?.facts).toMatchObject({
    is: 'application',
    project: 'platform',
    destination: { namespace: 'platform-cert-manager' },
    automated: { enabled: true, prune: true, selfHeal: true },
    sync: 'Synced',
    health: 'Healthy',
    operation: { phase: 'Succeeded', automated: true, results: [] },
  })
  expect(app?.owners).toMatchObject([{ kind: 'ApplicationSet', name: 'platform-addons', controller: true }])
})

test('a StatefulSet names the claims it makes', () => {
  const sets = items('apps.v1.statefulsets')
  const claims = new Set(items('core.v1.persistentvolumeclaims').map((one) => `${one.namespace}/${one.name}`))
  const named = sets.flatMap((one) => (one.facts.is === 'workload' ? one.facts.claims.map((claim) => `${one.namespace}/${claim}`) : []))
  expect(named.length).toBeGreaterThan(5)
  for (const claim of named) expect(claims).toContain(claim)
})

test('what is no object still projects to something, never to a throw', () => {
  expect(project(null, AT)).toMatchObject({ uid: '', facts: { is: 'other' }, health: null })
  expect(project({ apiVersion: 'v1', kind: 'Pod', metadata: 7, status: 'odd', spec: [] }, AT).facts.is).toBe('pod')
})
