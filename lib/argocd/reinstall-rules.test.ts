import { expect, test } from 'vitest'
import { obstaclesToReinstall, startsController, tellObstacles, type Write } from './reinstall-rules.ts'

const CASCADE = 'resources-finalizer.argocd.argoproj.io'
const controller = (replicas?: number, name = 'argocd-application-controller') => ({
  kind: 'StatefulSet',
  metadata: { name, labels: { 'app.kubernetes.io/name': name } },
  spec: { ...(replicas === undefined ? {} : { replicas }) },
})
const application = (name: string, meta: object, automated: unknown = undefined) => ({
  metadata: { namespace: 'argocd', name, ...meta },
  spec: { syncPolicy: { automated } },
})
const write = (some: Partial<Write>): Write => ({
  method: 'POST',
  kind: 'StatefulSet',
  subresource: '',
  manifest: controller(1),
  current: null,
  ...some,
})

test.each([
  ['a controller made with one replica', write({}), true],
  ['a controller made without a number, which means one', write({ manifest: controller() }), true],
  ['a controller made at 0', write({ manifest: controller(0) }), false],
  ['a controller raised from 0', write({ method: 'PATCH', manifest: controller(2), current: controller(0) }), true],
  ['a controller lowered to 0', write({ method: 'PATCH', manifest: controller(0), current: controller(2) }), false],
  [
    'a controller under a chart’s own name, known by its command',
    write({
      kind: 'Deployment',
      manifest: {
        kind: 'Deployment',
        metadata: { name: 'gitops' },
        spec: { template: { spec: { containers: [{ name: 'main', args: ['/usr/local/bin/argocd-applicationset-controller'] }] } } },
      },
    }),
    true,
  ],
  [
    'a bare pod of a controller',
    write({
      kind: 'Pod',
      manifest: { kind: 'Pod', metadata: { name: 'x', labels: { 'app.kubernetes.io/name': 'argocd-application-controller' } } },
    }),
    true,
  ],
  ['the repository server', write({ manifest: controller(1, 'argocd-repo-server') }), false],
  ['the deletion of a controller', write({ method: 'DELETE' }), false],
  ['a ConfigMap of the same name', write({ kind: 'ConfigMap' }), false],
])('%s', (_what, request, starts) => {
  expect(startsController(request)).toBe(starts)
})

test('an Application that awaits deletion with a cascading finalizer keeps controllers out, and says what to do', () => {
  const found = obstaclesToReinstall(
    [application('ledger', { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [`${CASCADE}/background`] })],
    () => true,
  )
  expect(found).toEqual([{ namespace: 'argocd', name: 'ledger', why: 'awaits-deletion' }])
  expect(tellObstacles(found)).toMatch(/argocd\/ledger.*Remove Argo CD's finalizers/)
})

test('what waits for something else, or is not being deleted, keeps nobody out', () => {
  expect(
    obstaclesToReinstall(
      [
        application('a', { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/hold'] }),
        application('b', { finalizers: [CASCADE] }, { prune: true }),
      ],
      () => false,
    ),
  ).toEqual([])
})

test('a restored Application with its automation on passes only through the ledger', () => {
  const restored = application('ledger', { annotations: { 'blackstart.dev/act': 'x' } }, { prune: true })
  expect(obstaclesToReinstall([restored], () => false)).toMatchObject([{ why: 'automation-not-in-ledger' }])
  expect(obstaclesToReinstall([restored], () => true)).toEqual([])
  expect(
    obstaclesToReinstall([application('ledger', { annotations: { 'blackstart.dev/act': 'x' } }, { enabled: false })], () => false),
  ).toEqual([])
})
