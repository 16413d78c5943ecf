import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiServer, startApiServer } from '../testing/api-server.ts'
import { readServerCertificate } from './certificate-client.ts'

let server: ApiServer
beforeEach(async () => {
  server = await startApiServer([])
})
afterEach(() => server.stop())

test('the end of a certificate is read from the handshake alone, trusted or not, and nothing is asked of the server', async () => {
  const notAfter = await readServerCertificate(server.url)
  expect(Date.parse(notAfter ?? '')).toBeGreaterThan(Date.now())
  expect(server.seen).toEqual([])
})

test('where there is no server to shake hands with, there is no answer and no error', async () => {
  expect(await readServerCertificate('')).toBeNull()
  expect(await readServerCertificate('http://127.0.0.1:1')).toBeNull()
  expect(await readServerCertificate('https://127.0.0.1:1')).toBeNull()
})
