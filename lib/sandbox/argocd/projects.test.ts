import { expect, test } from 'vitest'
import type { Obj } from '../port.ts'
import { destinationPermitted, matches, resourcePermitted } from './projects.ts'
import { maySync } from './windows.ts'

const meta = { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-11-22T00:00:00Z' }
const server = 'https://kubernetes.default.svc'
const project = (spec: Obj['spec']): Obj => ({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata: meta, spec })
const namespace = (name: string) => ({ group: '', kind: 'Namespace', namespace: '', name, namespaced: false })
const limited = { destinations: [{ server, namespace: 'project-*' }], clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }] }

test.each([
  ['project-*', 'project-a', true],
  ['project-*', 'projects', false],
  ['*', '', true],
  ['a.b', 'axb', false],
  ['node-?', 'node-1', true],
])('%s matches %s: %s', (glob, text, answer) => expect(matches(glob, text)).toBe(answer))

test('a cluster-scoped kind is checked by kind, not by destination: the founding hole', () => {
  expect(resourcePermitted(project(limited), namespace('argocd'), { server, namespace: 'project-a' })).toBe(true)
})

test('a name in the list, or a blacklist, closes it', () => {
  const named = project({ ...limited, clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: 'project-*' }] })
  expect(resourcePermitted(named, namespace('argocd'), { server, namespace: 'project-a' })).toBe(false)
  expect(resourcePermitted(named, namespace('project-a'), { server, namespace: 'project-a' })).toBe(true)
  const barred = project({ ...limited, clusterResourceBlacklist: [{ group: '', kind: 'Namespace', name: 'argocd' }] })
  expect(resourcePermitted(barred, namespace('argocd'), { server, namespace: 'project-a' })).toBe(false)
})

test('a namespaced object must lie in a permitted destination', () => {
  const configMap = (where: string) => ({ group: '', kind: 'ConfigMap', namespace: where, name: 'c', namespaced: true })
  expect(resourcePermitted(project(limited), configMap('project-a'), { server, namespace: 'project-a' })).toBe(true)
  expect(resourcePermitted(project(limited), configMap('argocd'), { server, namespace: 'project-a' })).toBe(false)
  const negated = project({
    destinations: [
      { server, namespace: '*' },
      { server, namespace: '!argocd' },
    ],
  })
  expect(destinationPermitted(negated, { server, namespace: 'argocd' })).toBe(false)
})

const app: Obj = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { ...meta, name: 'ledger' },
  spec: { destination: { server, namespace: 'project-ledger' } },
}
const window = (more: object) =>
  project({ syncWindows: [{ kind: 'deny', schedule: '0 2 * * *', duration: '2h', applications: ['*'], ...more }] })
const at = (time: string) => Date.parse(`2026-11-22T${time}:00Z`)

test.each([
  ['01:59', true],
  ['02:00', false],
  ['03:59', false],
  ['04:00', true],
])('a deny window from 02:00 for 2 h: at %s a sync may start: %s', (time, answer) => {
  expect(maySync(window({}), app, false, at(time))).toBe(answer)
  expect(maySync(window({}), app, true, at(time))).toBe(answer)
})

test('a deny window lets people pass only with manualSync, and concerns only whom it names', () => {
  expect(maySync(window({ manualSync: true }), app, true, at('02:30'))).toBe(true)
  expect(maySync(window({ manualSync: true }), app, false, at('02:30'))).toBe(false)
  expect(maySync(window({ applications: ['other'] }), app, false, at('02:30'))).toBe(true)
})

test('outside every allow window nothing is synced', () => {
  expect(maySync(window({ kind: 'allow' }), app, false, at('02:30'))).toBe(true)
  expect(maySync(window({ kind: 'allow' }), app, false, at('05:00'))).toBe(false)
})
