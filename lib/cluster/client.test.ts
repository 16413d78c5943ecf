import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiServer, startApiServer } from '../testing/api-server.ts'
import { connect } from './client.ts'
import { loadKubeconfig } from './kubeconfig.ts'
import { StreamRefused, Unreachable } from './port.ts'
import { ClusterEntry } from './schema.ts'
import { retryAfterMs } from './transport.ts'

let server: ApiServer
beforeEach(async () => {
  server = await startApiServer([])
})
afterEach(() => server.stop())

const entry = (kubeconfig: string, context?: string) => ClusterEntry.parse({ name: 'test', kubeconfig, ...(context ? { context } : {}) })
const api = () => connect(entry(server.kubeconfig))

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'blackstart-test-')), 'config')
  writeFileSync(path, content)
  return path
}

test('speaks over TLS with the account of the kubeconfig', async () => {
  const answer = await api().request({ method: 'GET', path: '/version' })
  expect(answer).toMatchObject({ status: 200, body: { gitVersion: 'v1.36.2' } })
  expect(server.seen[0]?.headers.authorization).toBe('Bearer letters')
})

test('acts for a person with every one of their groups', async () => {
  await api()
    .as({ user: 'ada', groups: ['sre', 'payments'] })
    .request({ method: 'GET', path: '/version' })
  expect(server.seen[0]?.headers).toMatchObject({ 'impersonate-user': 'ada', 'impersonate-group': 'sre, payments' })
  await api().request({ method: 'GET', path: '/version' })
  expect(server.seen[1]?.headers['impersonate-user']).toBeUndefined()
})

test('any status is an answer; a text is left a text', async () => {
  server.setFault(() => ({ status: 429, headers: { 'retry-after': '7' }, body: 'Too many requests' }))
  const answer = await api().request({ method: 'GET', path: '/version' })
  expect([answer.status, answer.body, retryAfterMs(answer)]).toEqual([429, 'Too many requests', 7_000])
})

test('no answer within the deadline is unreachable, and not our fault', async () => {
  server.setFault(() => 'hang')
  const error = await api()
    .request({ method: 'GET', path: '/version', timeoutMs: 50 })
    .catch((one: unknown) => one)
  expect(error).toBeInstanceOf(Unreachable)
  expect(error).toMatchObject({ blind: false, message: expect.stringContaining('did not answer') })
})

test('a server we have no reason to trust leaves us blind', async () => {
  const other = await startApiServer([])
  const config = JSON.parse(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: other.url } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )
  const error = await connect(entry(file(JSON.stringify(config))))
    .request({ method: 'GET', path: '/version' })
    .catch((one: unknown) => one)
  await other.stop()
  expect(error).toMatchObject({ blind: true })
})

test('a stream gives whole lines, and an abort in the middle of one ends it quietly', async () => {
  server.setFault(() => ({ status: 200, lines: ['{"a":1}', '{"ü":2}'] }))
  const lines: string[] = []
  await api().stream({ method: 'GET', path: '/x' }, (line) => lines.push(line))
  expect(lines).toEqual(['{"a":1}', '{"ü":2}'])
  const stop = new AbortController()
  await api()
    .stream({ method: 'GET', path: '/x', signal: stop.signal }, () => stop.abort())
    .catch((error: unknown) => expect(error).toBeInstanceOf(Unreachable))
})

test('a refused stream carries the refusal', async () => {
  server.setFault(() => ({ status: 410, body: { kind: 'Status', code: 410 } }))
  const error = await api()
    .stream({ method: 'GET', path: '/x' }, () => {})
    .catch((one: unknown) => one)
  expect(error).toBeInstanceOf(StreamRefused)
  expect(error).toMatchObject({ response: { status: 410, body: { code: 410 } } })
})

test.each([
  ['a file that is not there', () => entry('/nowhere/config'), /no kubeconfig \/nowhere\/config/],
  ['a file that is no YAML', () => entry(file('{{{')), /cannot be read/],
  ['a context that the file does not have', () => entry(server.kubeconfig, 'prod'), /context prod is not in .* It has: test/],
  ['a file without a current context', () => entry(file('apiVersion: v1\nkind: Config\ncontexts: []\n')), /no current context/],
  [
    'a context of an unknown cluster',
    () =>
      entry(
        file(
          'apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]\nusers: [{name: c, user: {}}]\nclusters: []\n',
        ),
      ),
    /names a cluster/,
  ],
])('%s is told with its remedy', (_name, broken, message) => {
  expect(() => loadKubeconfig(broken())).toThrow(message)
})
