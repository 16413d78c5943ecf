import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ApiServer, startApiServer } from '../testing/api-server.ts'
import { connect } from './client.ts'
import { loadKubeconfig } from './kubeconfig.ts'
import { ClusterEntry } from './schema.ts'

let server: ApiServer
let folder: string
const cleanups: (() => void)[] = []
beforeEach(async () => {
  server = await startApiServer([])
  folder = mkdtempSync(join(tmpdir(), 'blackstart-test-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanup of cleanups.splice(0)) cleanup()
  await server.stop()
})

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A kubeconfig in the folder of this test; JSON is YAML. */
function kubeconfig(user: object, cluster: object = {}, to: ApiServer = server): string {
  const file = join(folder, 'config')
  const whole = { server: to.url, 'certificate-authority-data': base64(to.ca), ...cluster }
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: whole }],
      users: [{ name: 'ada', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'ada' } }],
    }),
  )
  return file
}

const open = (file: string) => connect(ClusterEntry.parse({ name: 'test', kubeconfig: file }))
const version = (api: ReturnType<typeof open>) => api.request({ method: 'GET', path: '/version' })
const failure = (api: ReturnType<typeof open>) => version(api).catch((error: unknown) => error)
const lastHeader = () => server.seen.at(-1)?.headers.authorization

/** From now on only this bearer token is accepted. */
function accept(token: string): void {
  server.setFault(({ headers }) => (headers.authorization === `Bearer ${token}` ? null : { status: 401 }))
}

/** An exec plugin that says the token in a file beside it, with a line in `runs` for each time it ran. */
function plugin(body = `cat <<END\n{"kind":"ExecCredential","status":{"token":"$(cat ${'$'}{0%/*}/token)"}}\nEND`): string {
  const file = join(folder, 'plugin.sh')
  writeFileSync(file, `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> "\${0%/*}/runs"\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}
const runs = () => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n')
const exec = (command: string) => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command } })

test('a token file beside the kubeconfig is read, trimmed, and read again when it was changed and the old token refused', async () => {
  writeFileSync(join(folder, 'token'), 'first\n')
  const api = open(kubeconfig({ tokenFile: 'token' }))
  expect((await version(api)).status).toBe(200)
  expect(lastHeader()).toBe('Bearer first')
  writeFileSync(join(folder, 'token'), 'second\n')
  accept('second')
  expect((await version(api)).status).toBe(200)
})

test('a token that was changed in the kubeconfig itself is taken over', async () => {
  const api = open(kubeconfig({ token: 'first' }))
  await version(api)
  kubeconfig({ token: 'second' })
  accept('second')
  expect((await version(api)).status).toBe(200)
})

test('a refusal that stays is an answer, and is not asked about again and again', async () => {
  const api = open(kubeconfig({ token: 'wrong' }))
  accept('right')
  expect([(await version(api)).status, (await version(api)).status]).toEqual([401, 401])
  expect(server.seen).toHaveLength(3)
})

test('an exec plugin runs once for many requests, is told that nobody sits there, and runs again after a refusal', async () => {
  writeFileSync(join(folder, 'token'), 'first')
  const api = open(kubeconfig(exec(plugin())))
  const answers = await Promise.all([version(api), version(api), version(api)])
  expect(answers.map((one) => one.status)).toEqual([200, 200, 200])
  expect(runs().map((one) => JSON.parse(one))).toEqual([
    { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { interactive: false } },
  ])
  writeFileSync(join(folder, 'token'), 'second')
  accept('second')
  expect((await version(api)).status).toBe(200)
  expect(runs()).toHaveLength(2)
})

test('a stream that is refused for an old token is opened with a fresh one', async () => {
  writeFileSync(join(folder, 'token'), 'first')
  const api = open(kubeconfig(exec(plugin())))
  await version(api)
  writeFileSync(join(folder, 'token'), 'second')
  server.setFault(({ headers }) => (headers.authorization === 'Bearer second' ? { status: 200, lines: ['{}'] } : { status: 401 }))
  const lines: string[] = []
  await api.stream({ method: 'GET', path: '/x' }, (line) => lines.push(line))
  expect(lines).toEqual(['{}'])
})

test.each([
  ['is not there', () => exec('/nowhere/plugin'), 'the exec plugin /nowhere/plugin of user ada is not there: install it'],
  ['fails', () => exec(plugin('echo "no session" >&2; exit 3')), /plugin\.sh of user ada failed \(no session\): run it by hand/],
])('an exec plugin that %s is our trouble, told with its remedy', async (_name, user, message) => {
  expect(await failure(open(kubeconfig(user())))).toMatchObject({ blind: true, message: expect.stringMatching(message) })
})

test('a client certificate is presented, and one that the server does not know is refused', async () => {
  const mine = await generate([{ name: 'commonName', value: 'ada' }], { keySize: 2048 })
  const other = await generate([{ name: 'commonName', value: 'otto' }], { keySize: 2048 })
  const strict = await startApiServer([], { clientCa: mine.cert })
  cleanups.push(() => void strict.stop())
  const pair = (pems: typeof mine) => ({ 'client-certificate-data': base64(pems.cert), 'client-key-data': base64(pems.private) })
  expect((await version(open(kubeconfig(pair(mine), {}, strict)))).status).toBe(200)
  expect((await version(open(kubeconfig(pair(other), {}, strict)))).status).toBe(401)
})

test('a certificate of an unknown authority is refused with the remedy, and accepted where the kubeconfig says to skip the check', async () => {
  const unknown = { 'certificate-authority-data': undefined }
  expect(await failure(open(kubeconfig({ token: 't' }, unknown)))).toMatchObject({
    blind: true,
    message: expect.stringContaining('certificate-authority'),
  })
  expect((await version(open(kubeconfig({ token: 't' }, { ...unknown, 'insecure-skip-tls-verify': true })))).status).toBe(200)
})

test('nobody who listens is told as such', async () => {
  const closed = await startApiServer([])
  await closed.stop()
  expect(await failure(open(kubeconfig({ token: 't' }, {}, closed)))).toMatchObject({
    blind: false,
    message: expect.stringContaining('nothing listens there'),
  })
})

/** A CONNECT proxy that notes where it was asked to go. */
async function proxy(refuse = false): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const made = http.createServer()
  made.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '')
    if (refuse) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const through = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.write(head)
      through.pipe(socket).pipe(through)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => void made.close())
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, asked }
}

test('a cluster behind a proxy is reached through it, streams too, and a changed token is taken over', async () => {
  const { url, asked } = await proxy()
  const api = open(kubeconfig({ token: 'first' }, { 'proxy-url': url }))
  expect((await version(api)).status).toBe(200)
  expect(asked).toEqual([`127.0.0.1:${server.port}`])
  kubeconfig({ token: 'second' }, { 'proxy-url': url })
  server.setFault(({ headers }) => (headers.authorization === 'Bearer second' ? { status: 200, lines: ['{}'] } : { status: 401 }))
  const lines: string[] = []
  await api.stream({ method: 'GET', path: '/x' }, (line) => lines.push(line))
  expect(lines).toEqual(['{}'])
})

test('a proxy that refuses is told as no answer', async () => {
  const { url } = await proxy(true)
  expect(await failure(open(kubeconfig({ token: 't' }, { 'proxy-url': url })))).toMatchObject({ message: expect.stringContaining('407') })
})

const jwt = (claims: object) =>
  `${[{ alg: 'RS256' }, claims].map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.')}.c2ln`

/** An OpenID Connect issuer that accepts each refresh token once, as strict ones do. */
async function issuer() {
  const pems = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  let url = ''
  let good = 'refresh-0'
  let granted = 0
  const made = https.createServer({ key: pems.private, cert: pems.cert }, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const json = (status: number, answer: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    }
    if (request.url?.startsWith('/.well-known/')) return json(200, { issuer: url, token_endpoint: `${url}/token` })
    if (new URLSearchParams(body).get('refresh_token') !== good) return json(400, { error: 'invalid_grant' })
    good = `refresh-${++granted}`
    json(200, { access_token: 'a', token_type: 'bearer', expires_in: 3600, refresh_token: good, id_token: token(3600) })
  })
  const token = (seconds: number) =>
    jwt({ iss: url, sub: 'ada', aud: 'blackstart', iat: seconds, nonce: granted, exp: Math.floor(Date.now() / 1000) + seconds })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  url = `https://127.0.0.1:${(made.address() as AddressInfo).port}`
  cleanups.push(() => void made.close())
  const user = (idToken: string, refresh: string | null = 'refresh-0') => ({
    'auth-provider': {
      name: 'oidc',
      config: {
        'client-id': 'blackstart',
        'id-token': idToken,
        'idp-issuer-url': url,
        'idp-certificate-authority-data': base64(pems.cert),
        ...(refresh ? { 'refresh-token': refresh } : {}),
      },
    },
  })
  return { token, user, granted: () => granted }
}

test('an id-token is used until it ends, then renewed once at its issuer', async () => {
  const { token, user, granted } = await issuer()
  const live = token(600)
  await version(open(kubeconfig(user(live))))
  expect([lastHeader(), granted()]).toEqual([`Bearer ${live}`, 0])
  const api = open(kubeconfig(user(token(-60))))
  expect((await version(api)).status).toBe(200)
  await version(api)
  expect([lastHeader()?.toString().includes('.'), granted()]).toEqual([true, 1])
})

test('an id-token that cannot be renewed is told with its remedy', async () => {
  const { token, user } = await issuer()
  for (const refresh of ['used-up', null])
    expect(await failure(open(kubeconfig(user(token(-60), refresh))))).toMatchObject({
      blind: true,
      message: expect.stringContaining('sign in again with kubectl'),
    })
})

test('in a pod the mounted service account is used', async () => {
  const mount = '/var/run/secrets/kubernetes.io/serviceaccount'
  mkdirSync(join(folder, mount), { recursive: true })
  writeFileSync(join(folder, mount, 'token'), 'mounted')
  writeFileSync(join(folder, mount, 'ca.crt'), server.ca)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('KUBECONFIG', '')
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1')
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(server.port))
  const config = loadKubeconfig({ name: 'test' }, folder)
  const options: https.RequestOptions = { headers: {} }
  await config.applyToHTTPSOptions(options)
  expect([config.getCurrentCluster()?.server, options.headers, options.ca?.toString()]).toEqual([
    server.url,
    { Authorization: 'Bearer mounted' },
    server.ca,
  ])
})
