import { expect, test } from 'vitest'
import type { AuditLine, RecordedChange, RecordedEvent } from '../inventory/port.ts'
import { project } from '../inventory/rules.ts'
import { firstCauses } from './first-cause.ts'
import { whoDid } from './who-rules.ts'

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString()
const nobody = { applications: [], events: [], audit: [] }
const line: AuditLine = {
  at: at(10),
  verb: 'delete',
  user: 'ann@acme.test',
  account: 'system:serviceaccount:blackstart:actor',
  impersonated: 'ann@acme.test',
  group: 'apps',
  resource: 'deployments',
  subresource: '',
  namespace: 'shop',
  name: 'cart',
  uid: 'u-cart',
  code: 200,
  agent: 'kubectl',
}

function change(what: RecordedChange['what'], kind = 'Deployment', meta: object = {}, by: string | null = null): RecordedChange {
  const apiVersion = kind === 'Application' ? 'argoproj.io/v1alpha1' : kind === 'Namespace' ? 'v1' : 'apps/v1'
  const record = project({ apiVersion, kind, metadata: { name: 'cart', namespace: 'shop', uid: 'u-cart', ...meta } }, at(10))
  return { at: at(10), observedAt: at(10), what, record, was: null, by }
}

function pruning(startedAt: string, finishedAt: string) {
  const resources = [{ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'cart', status: 'Pruned', message: 'pruned' }]
  const operationState = { phase: 'Succeeded', startedAt, finishedAt, operation: {}, syncResult: { revision: 'abcdef123456', resources } }
  return project(
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'shop-cart', uid: 'u-app' }, status: { operationState } },
    at(11),
  )
}

test('a deletion that nothing tells of is nobody’s', () => {
  expect(whoDid(change('gone', 'Deployment', {}, 'kubectl'), nobody)).toBeNull()
})

test('the audit of the API server names who deleted it, as whom', () => {
  const who = whoDid(change('deletion-started'), { ...nobody, audit: [line] })
  expect(who?.by).toBe('ann@acme.test')
  expect(who?.proof).toContain('actor as ann@acme.test delete deployments shop/cart')
})

test.each([
  ['another object', { ...line, name: 'other' }],
  ['another object of that name', { ...line, uid: 'u-former' }],
  ['another namespace', { ...line, namespace: 'pay' }],
  ['another kind', { ...line, resource: 'statefulsets' }],
  ['a look', { ...line, verb: 'get' }],
  ['a minute before', { ...line, at: at(-50) }],
])('an audit line about %s proves nothing', (_what, other) => {
  expect(whoDid(change('gone'), { ...nobody, audit: [other] })).toBeNull()
})

test('a sync result that says Pruned proves it, one of an earlier life does not', () => {
  expect(whoDid(change('gone'), { ...nobody, applications: [pruning(at(8), at(11))] })).toEqual({
    by: 'sync of shop-cart to abcdef1',
    proof: `sync result of the operation started ${at(8)}: Deployment cart Pruned`,
  })
  expect(whoDid(change('gone'), { ...nobody, applications: [pruning(at(-600), at(-590))] })).toBeNull()
  expect(whoDid(change('gone'), { ...nobody, applications: [pruning(at(30), at(31))] })).toBeNull()
})

test('events of the ApplicationSet controller and of argocd-server tell of Applications', () => {
  const event = (reason: string, message: string, kind: string, name: string): RecordedEvent => ({
    at: at(11),
    type: 'Normal',
    reason,
    message,
    object: { kind, namespace: 'argocd', name, uid: '' },
    source: 'controller',
  })
  const set = event('Deleted', 'Deleted Application "cart"', 'ApplicationSet', 'shop')
  expect(whoDid(change('gone', 'Application'), { ...nobody, events: [set] })?.by).toBe('ApplicationSet shop')
  expect(whoDid(change('created', 'Application'), { ...nobody, events: [set] })).toBeNull()
  const person = event('ResourceDeleted', 'ann deleted application', 'Application', 'cart')
  expect(whoDid(change('deletion-started', 'Application'), { ...nobody, events: [person] })?.by).toBe('ann')
})

test('managed fields tell who wrote, never who deleted', () => {
  expect(whoDid(change('changed', 'Deployment', {}, 'kubectl'), nobody)).toMatchObject({ by: 'kubectl' })
  expect(whoDid(change('deletion-started', 'Deployment', {}, 'kubectl'), nobody)).toBeNull()
})

test('without any other trace, the first cause of a deletion is whom the audit names', () => {
  const victim = { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'cart', uid: 'u-cart' }, at: at(10) }
  const changes = [change('gone')]
  const input = { victims: [victim], changes, events: [], since: at(10) }
  expect(firstCauses(input)[0]).toMatchObject({ what: 'Deployment shop/cart was deleted', proof: null, by: null })
  expect(firstCauses({ ...input, audit: [line] })[0]).toMatchObject({
    proof: expect.stringContaining('audit of the API server'),
    by: 'ann@acme.test',
  })
})

test('an Application that somebody deleted by hand was not deleted by its generator', () => {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'shop', uid: 'u-set', controller: true }
  const application = change('gone', 'Application', { ownerReferences: [owner], uid: 'u-app' })
  const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace: 'shop', name: 'cart', uid: 'u-app' }
  const input = { victims: [{ object, at: at(10) }], changes: [application], events: [], since: at(10) }
  const told = (user: string) => [{ ...line, user, group: 'argoproj.io', resource: 'applications', uid: 'u-app' }]
  expect(firstCauses({ ...input, audit: told('ann') })[0]).toMatchObject({ what: 'Application shop/cart was deleted', by: 'ann' })
  const generator = firstCauses({ ...input, audit: told('system:serviceaccount:argocd:argocd-applicationset-controller') })[0]
  expect(generator?.what).toContain('ApplicationSet shop')
})
