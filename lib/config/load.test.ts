import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Env, readEnv } from './env.ts'
import { loadConfig } from './load.ts'
import { configJsonSchema } from './schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'blackstart-config-'))

function anEnv(more: Record<string, string> = {}): Env {
  return readEnv({ BLACKSTART_ROOT: folder, ...more })
}

function load(yaml: string, more: Record<string, string> = {}) {
  const file = join(folder, 'given.yaml')
  writeFileSync(file, yaml)
  return loadConfig(anEnv({ BLACKSTART_CONFIG: file, ...more }))
}

test('without a file it is the trial, on loopback', () => {
  expect(loadConfig(anEnv())).toMatchObject({
    file: null,
    clusters: [],
    sandbox: { enabled: true, fill: 'S' },
    server: { host: '127.0.0.1', port: 3000 },
    data: join(folder, '.blackstart'),
    database: { url: null },
  })
})

test('paths start at the file, ~ is the home folder, and the environment wins', () => {
  const config = load(
    'clusters:\n  - name: prod-eu\n    kubeconfig: ~/.kube/config\n  - name: b\n    kubeconfig: kube/b\nrunbooks: [mine]\nserver: { port: 4000 }\n',
    { PORT: '5000' },
  )
  expect(config.clusters.map((one) => one.kubeconfig)).toEqual([join(homedir(), '.kube/config'), join(folder, 'kube/b')])
  expect(config.runbooks).toEqual([join(folder, 'mine')])
  expect(config.server.port).toBe(5000)
})

test.each([
  ['clusters:\n  - name: Prod\n', '2:11: clusters[0].name: use lower-case letters, digits, dots and dashes'],
  ['clusters:\n  - name: a\n    mode: prod\n', '3:11: clusters[0].mode: write live or drill'],
  ['clusters:\n  - kubeconfig: x\n', '2:5: clusters[0].name: this field is missing: write text'],
  [
    'clusters:\n  - name: a\n    identity: { usr: x }\n',
    '3:17: clusters[0].identity.usr: there is no such field here; check its spelling and its indentation',
  ],
  ['runbook: [a]\n', '1:1: runbook: there is no such field here; check its spelling and its indentation'],
  ['runbooks: mine\n', '1:11: runbooks: write a list (lines starting with "- ")'],
  ['sandbox: { enabled: maybe }\n', '1:21: sandbox.enabled: write true or false'],
  ['clusters:\n  - name: a\n - name: b\n', 'this is not YAML'],
])('%j is refused with place and remedy', (yaml, message) => {
  expect(() => load(yaml)).toThrow(message)
})

test('two clusters of one name are refused', () => {
  expect(() => load('clusters:\n  - name: a\n  - name: a\n')).toThrow('clusters[1].name: clusters[0] already has the name a')
})

test('a file that is named and not there is a sentence', () => {
  expect(() => loadConfig(anEnv({ BLACKSTART_CONFIG: 'nowhere.yaml' }))).toThrow('there is no such file')
})

test.each([
  [{ PORT: 'abc' }, 'PORT: write a port number'],
  [{ BLACKSTART_BOOTSTRAP_TOKEN: 'short' }, 'BLACKSTART_BOOTSTRAP_TOKEN: write at least 32 characters'],
  [{ DATABASE_URL: 'mysql://x' }, 'DATABASE_URL: write a URL such as postgresql://'],
])('the environment %j is refused by name', (variables, message) => {
  expect(() => readEnv(variables)).toThrow(message)
})

test('the published JSON Schema is the one of this code', () => {
  expect(JSON.parse(readFileSync('public/blackstart.schema.json', 'utf8'))).toEqual(configJsonSchema())
})
