import { createServer, type Server } from 'node:http'
import { createServer as createSecure, type Server as Secure } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Check } from '#lib/runbooks/schema'
import { isOutside, probeOutside } from '#lib/runs/checks/probe-outside'

let web: Server
let secure: Secure
let url: string
let tls: string
const asked: string[] = []
let series: unknown[] = []

beforeAll(async () => {
  web = createServer((request, answer) => {
    asked.push(request.url ?? '')
    const path = request.url ?? '/'
    if (path.startsWith('/api/v1/query'))
      return answer.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: series } }))
    if (path === '/moved') return answer.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end()
    if (path === '/broken') return answer.writeHead(500).end()
    answer.end('all is well')
  })
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  secure = createSecure({ key, cert }, (_request, answer) => answer.end('secret'))
  const port = (server: Server | Secure) =>
    new Promise<number>((up) => server.listen(0, '127.0.0.1', () => up((server.address() as { port: number }).port)))
  url = `http://127.0.0.1:${await port(web)}`
  tls = `127.0.0.1:${await port(secure)}`
})
afterAll(() => {
  web.close()
  secure.close()
})

function probe(written: Record<string, unknown>, hosts: readonly string[] = ['127.0.0.1'], prometheus?: string) {
  const check = Check.parse(written)
  if (!isOutside(check)) throw new Error('not a probe')
  return probeOutside({ probes: { hosts, prometheus }, bindings: { params: { path: 'ok' } } }, check)
}

test('http: the status and the content decide, and the address may hold an expression', async () => {
  expect(await probe({ http: { url: `${url}/\${params.path}` } })).toEqual({ verdict: 'pass', value: '200' })
  expect(asked.at(-1)).toBe('/ok')
  expect(await probe({ http: { url: `${url}/broken` } })).toEqual({ verdict: 'fail', value: '500, not 2xx' })
  expect(await probe({ http: { url: `${url}/broken`, status: 500 } })).toMatchObject({ verdict: 'pass' })
  expect(await probe({ http: { url, contains: 'well' } })).toMatchObject({ verdict: 'pass' })
  expect(await probe({ http: { url, contains: 'ill' } })).toMatchObject({ verdict: 'fail' })
})

test('what is not in the list is not asked, a redirect is not followed, and metadata is never reached', async () => {
  const before = asked.length
  expect(await probe({ http: { url } }, ['example.org'])).toMatchObject({
    verdict: 'inconclusive',
    value: expect.stringContaining('checks.hosts'),
  })
  expect(await probe({ http: { url: 'http://169.254.169.254/' } }, ['169.254.169.254'])).toMatchObject({
    verdict: 'inconclusive',
    value: expect.stringContaining('never probed'),
  })
  expect(await probe({ tcp: '169.254.169.254:80' }, ['*.*.*.*'])).toMatchObject({ verdict: 'inconclusive' })
  expect(await probe({ http: { url: 'file:///etc/passwd' } }, ['*'])).toMatchObject({ verdict: 'inconclusive' })
  expect(await probe({ http: { url: 'http://me:secret@127.0.0.1/' } })).toMatchObject({ verdict: 'inconclusive' })
  expect(asked.length).toBe(before)
  expect(await probe({ http: { url: `${url}/moved` } })).toMatchObject({ verdict: 'fail', value: expect.stringContaining('302, leads to') })
  expect(asked.length).toBe(before + 1)
})

test('tcp: a port that takes connections passes, one that does not fails', async () => {
  const closed = createTcp()
  const port = await new Promise<number>((up) => closed.listen(0, '127.0.0.1', () => up((closed.address() as { port: number }).port)))
  expect(await probe({ tcp: `127.0.0.1:${port}` })).toMatchObject({ verdict: 'pass' })
  await new Promise((done) => closed.close(done))
  expect(await probe({ tcp: `127.0.0.1:${port}` })).toMatchObject({ verdict: 'fail', value: expect.stringContaining('ECONNREFUSED') })
})

test('tls: a certificate that nobody vouches for fails, whatever it says of itself', async () => {
  expect(await probe({ tls })).toMatchObject({ verdict: 'fail', value: expect.stringMatching(/self[- ]signed/i) })
  expect(await probe({ tls: url.replace('http://', '') })).toMatchObject({ verdict: 'fail' })
})

test('promql: every series must lie within; none is inconclusive, no answer unreachable', async () => {
  const ask = (bounds: Record<string, number>) => probe({ promql: 'up{job="shop"}', ...bounds }, [], url)
  series = [{ value: [0, '1'] }, { value: [0, '3'] }]
  expect(await ask({ min: 1 })).toEqual({ verdict: 'pass', value: '2 series from 1 to 3' })
  expect(decodeURIComponent(asked.at(-1) ?? '')).toContain('up{job="shop"}')
  expect(await ask({ max: 2 })).toMatchObject({ verdict: 'fail', value: expect.stringContaining('3 is not as wanted') })
  series = []
  expect(await ask({ min: 1 })).toMatchObject({ verdict: 'inconclusive' })
  series = [{ value: [0, 'NaN'] }]
  expect(await ask({ min: 1 })).toMatchObject({ verdict: 'inconclusive' })
  expect(await probe({ promql: 'up', min: 1 }, [], 'http://127.0.0.1:1')).toMatchObject({ verdict: 'unreachable' })
  expect(await probe({ promql: 'up', min: 1 })).toMatchObject({
    verdict: 'inconclusive',
    value: expect.stringContaining('checks.prometheus'),
  })
  expect(Check.safeParse({ promql: 'up' }).success).toBe(false)
})
