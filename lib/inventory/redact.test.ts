import { expect, test } from 'vitest'
import { at, type Dict } from '../kernel/wire.ts'
import { createRedactor, isTelltale } from './redact.ts'

const redact = createRedactor(new Uint8Array(32).fill(7))
const map = (data: Dict, name = 'settings'): Dict => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const workload = (env: readonly Dict[]): Dict => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  spec: { template: { spec: { containers: [{ env }] } } },
})

test.each(['DB_PASSWORD', 'authToken', 'client-secret', 'SENTRY_DSN', 'api_key', 'privateKey', 'connectionString'])(
  '%s tells a secret',
  (key) => {
    expect(isTelltale(key)).toBe(true)
  },
)

test.each(['secretName', 'passwordRef', 'tokenPath', 'tokenTTL', 'secretStoreName', 'replicas', 'keyspace', 'credentialsEnabled'])(
  '%s does not',
  (key) => {
    expect(isTelltale(key)).toBe(false)
  },
)

test.each<[string, Dict]>([
  ['a key of a ConfigMap', map({ password: 'hunter-two' })],
  ['a line of a file', map({ 'app.properties': 'db.host=x\ndb.password = hunter-two\n' })],
  ['a line of YAML', map({ 'app.yaml': 'db:\n  password: "hunter-two"\n' })],
  ['a value of JSON', map({ 'app.json': '{\n  "password": "hunter-two",\n  "port": 1\n}' })],
  ['a URL', map({ url: 'postgres://app:hunter-two@db:5432/x' })],
  ['a variable', workload([{ name: 'DB_PASSWORD', value: 'hunter-two' }])],
  ['a URL in a variable', workload([{ name: 'DATABASE', value: 'postgres://app:hunter-two@db' }])],
  [
    'a parameter of Helm',
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      spec: { source: { helm: { parameters: [{ name: 'db.password', value: 'hunter-two' }] } } },
    },
  ],
  [
    'values of Helm',
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', spec: { source: { helm: { values: 'db:\n  password: hunter-two\n' } } } },
  ],
  [
    'an object of values',
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      spec: { sources: [{ helm: { valuesObject: { db: { password: 'hunter-two' } } } }] },
    },
  ],
  [
    'a variable of a plugin',
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      spec: { source: { plugin: { env: [{ name: 'TOKEN', value: 'hunter-two' }] } } },
    },
  ],
])('%s is taken out, and a change of it still shows', (_name, object) => {
  const other = JSON.parse(JSON.stringify(object).replaceAll('hunter-two', 'hunter-three')) as Dict
  const [one, two] = [redact(object), redact(other)]
  expect(JSON.stringify(one.object)).not.toContain('hunter')
  expect(one.redacted).toBe(true)
  expect(redact(object)).toEqual(one)
  expect(two.object).not.toEqual(one.object)
})

test.each<[string, Dict]>([
  ['the configuration of Argo CD', map({ 'oidc.clientSecret': '$oidc:secret' }, 'argocd-cm')],
  ['a reference', workload([{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }])],
  [
    'a name of a secret',
    { apiVersion: 'apps/v1', kind: 'Deployment', spec: { template: { spec: { volumes: [{ secret: { secretName: 'db-password' } }] } } } },
  ],
  ['a switch', map({ 'token.enabled': 'true', usePassword: 'false' })],
  ['a URL without anybody in it', map({ url: 'https://git.acme.test/apps.git' })],
])('%s stays as it is', (_name, object) => {
  expect(redact(object)).toEqual({ object, redacted: false })
})

test('a configured path is taken out', () => {
  const hide = createRedactor(new Uint8Array(32), ['spec.license'])
  expect(at(hide({ kind: 'Widget', spec: { license: 'abc-def', size: 1 } }).object, 'spec', 'license')).toMatch(/^redacted:/)
})
