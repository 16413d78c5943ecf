import { expect, test } from 'vitest'
import { auditEvents, auditLine } from './k8s-audit-rules.ts'

/** As kube-apiserver writes it at level Metadata (audit.k8s.io/v1). */
const EVENT = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: '0b2f9c1e-6d7a-4d55-9a57-2a4e6a3c0e55',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/argocd',
  verb: 'delete',
  user: { username: 'system:serviceaccount:blackstart:actor', groups: ['system:authenticated'] },
  impersonatedUser: { username: 'ann@acme.test' },
  sourceIPs: ['10.0.0.9'],
  userAgent: 'kubectl/v1.36.2',
  objectRef: { resource: 'namespaces', namespace: 'argocd', name: 'argocd', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: '2026-11-22T10:39:55.123456Z',
  stageTimestamp: '2026-11-22T10:39:55.140000Z',
}

test('who wrote what is kept, the person rather than the account that acted for them', () => {
  expect(auditLine(EVENT)).toEqual({
    key: EVENT.auditID,
    line: {
      at: '2026-11-22T10:39:55.123Z',
      verb: 'delete',
      user: 'ann@acme.test',
      account: 'system:serviceaccount:blackstart:actor',
      impersonated: 'ann@acme.test',
      group: '',
      resource: 'namespaces',
      subresource: '',
      namespace: '',
      name: 'argocd',
      uid: '',
      code: 200,
      agent: 'kubectl/v1.36.2',
    },
  })
})

test.each([
  ['a read', { verb: 'get' }],
  ['a refusal', { responseStatus: { code: 403 } }],
  ['a request that is not answered yet', { stage: 'RequestReceived' }],
  ['a dry run', { requestURI: '/api/v1/namespaces/argocd?dryRun=All' }],
  ['a status', { verb: 'update', objectRef: { ...EVENT.objectRef, subresource: 'status' } }],
  ['churn', { objectRef: { resource: 'leases', namespace: 'a', name: 'b', apiGroup: 'coordination.k8s.io' } }],
  ['no object', { objectRef: undefined }],
  ['no time', { requestReceivedTimestamp: 'yesterday' }],
])('%s is not kept', (_what, other) => {
  expect(auditLine({ ...EVENT, ...other })).toBeNull()
})

test('one event, a list, an array and a line each are read alike', () => {
  const one = JSON.stringify(EVENT)
  const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items: [EVENT, EVENT] })
  expect(
    [one, list, `[${one},${one}]`, `${one}\n\n${one}\n`].map((body) => auditEvents(body)).map((said) => said.ok && said.value.length),
  ).toEqual([1, 2, 2, 2])
})

test.each([
  ['not JSON', 'hello\nworld', /Line 1/],
  ['one bad line', `${JSON.stringify(EVENT)}\n{"kind":"Event"`, /Line 2/],
  ['another object', '{"kind":"Pod","apiVersion":"v1"}', /Event 1/],
  [
    'too many',
    `[${Array(10_001)
      .fill(JSON.stringify({ auditID: 'a' }))
      .join()}]`,
    /at most 10000/,
  ],
])('%s is refused by place', (_what, body, message) => {
  expect(auditEvents(body)).toMatchObject({ ok: false, error: expect.stringMatching(message) })
})
