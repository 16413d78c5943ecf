import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Deed } from '../../lib/auth/schema.ts'
import type { Handler } from '../../lib/http/endpoint.ts'
import { openApi } from '../../lib/http/openapi.ts'
import { STATUS } from '../../lib/http/status.ts'

/** Who may come in without being anybody: probes and the door itself. */
const OPEN = new Set([
  'app/healthz/route.ts GET',
  'app/readyz/route.ts GET',
  'app/api/v1/sign-in/route.ts GET',
  'app/api/v1/sign-in/route.ts POST',
])
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const files = globSync('app/**/route.ts').sort()

test.each(files)('every method of %s goes through the door with a deed', async (file) => {
  const route = (await import(pathToFileURL(resolve(file)).href)) as Partial<Record<(typeof METHODS)[number], Handler>>
  const methods = METHODS.filter((method) => route[method])
  expect(methods.length).toBeGreaterThan(0)
  for (const method of methods) {
    const door = route[method]?.door
    expect(door, `${file} ${method} is not made by the door`).toBeDefined()
    if (OPEN.has(`${file} ${method}`)) expect(door?.deed).toBeNull()
    else expect(Deed.options, `${file} ${method} names no deed`).toContain(door?.deed)
  }
})

test('the document of the API names every route', async () => {
  const { ROUTES } = await import('../../app/api/v1/openapi.json/routes.ts')
  const documented = ROUTES.map(({ path }) => `app/api/v1${path}/route.ts`)
  expect(documented).toEqual(
    files.filter((file) => file.startsWith('app/api/v1/') && !file.includes('openapi.json') && !file.includes('[...path]')),
  )
  const document = openApi(ROUTES) as { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> }
  expect(document.paths['/api/v1/runs/{id}/commands']?.post?.responses).toHaveProperty('202')
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})

test('there are routes to look at', () => expect(files.length).toBeGreaterThan(10))

test('every refusal code in the house has a status of its own', () => {
  const known = new Set(Object.keys(STATUS))
  const missing = new Set<string>()
  for (const file of globSync('lib/{auth,audit,drills,http,impact,inventory,runbooks,runs,services}/**/*.ts')) {
    if (file.endsWith('.test.ts')) continue
    for (const [, code] of readFileSync(file, 'utf8').matchAll(/\bno\(\s*\{\s*code: '([a-z-]+)'/g))
      if (code && !known.has(code)) missing.add(code)
  }
  expect([...missing]).toEqual([])
})
