import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { startServer, type TestServer } from '../../lib/testing/server.ts'
import { eventually } from '../../lib/testing/wait.ts'
import { look, openBrowser } from './look.ts'

let database: TestDatabase
let server: TestServer
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  server = await startServer({ folder: join(inject('run').folder, 'inventory'), env: { DATABASE_URL: database.url } })
  browser = await openBrowser(process.env.CHROMIUM_PATH)
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  await page.goto(await eventually(async () => server.signInLink() ?? '', Boolean, 120_000))
  await eventually(
    async () => (await tone()) ?? '',
    (word) => /calm|watch/.test(word),
    120_000,
  )
})

afterAll(async () => {
  await browser?.close()
  await server?.discard()
  await database?.drop()
})

async function tone(): Promise<string | null> {
  return page
    .locator('[data-tone]')
    .getAttribute('data-tone')
    .catch(() => null)
}

function tab(name: string) {
  return page.getByRole('navigation', { name: /^On / }).getByRole('link', { name, exact: true })
}

test('a cluster, all of its objects, and what would go with one of them', async () => {
  await page.getByRole('button', { name: /^Cluster/ }).click()
  await page.getByRole('menuitem', { name: /^About/ }).click()
  await page.waitForURL(/\/clusters\/sandbox/)
  await expect.poll(() => page.locator('[data-kind="Application"]').textContent()).toMatch(/60/)
  await page.getByText('Nothing is missing for reading or for recovery.').waitFor({ timeout: 30_000 })
  await look(page, 'cluster-calm')

  await tab('Objects').click()
  await page.getByRole('searchbox').focus()
  await page.keyboard.type('namespace argocd')
  await expect.poll(() => page.getByRole('status').filter({ hasText: 'fit' }).textContent()).toMatch(/^1 object fit/)
  expect(new URL(page.url()).searchParams.get('q')).toBe('namespace argocd')
  await look(page, 'objects-filtered')
  await page.reload()
  expect(await page.getByRole('searchbox').inputValue()).toBe('namespace argocd')

  await page.getByRole('rowheader').getByRole('link', { name: 'argocd', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/objects\/sandbox\/.+/)
  const blast = page.locator('[data-blast]')
  await blast.waitFor()
  expect(await blast.textContent()).toMatch(/it would delete itself/)
  expect(await page.locator('[data-mechanism="cascade"]').textContent()).toMatch(/60 Applications/)
  expect(await page.locator('[data-manifest]').textContent()).toContain('kind: Namespace')
  await look(page, 'object-namespace')
})

test('during a disaster: who did it with its proof, a service among its needs, and the moment before', async () => {
  const started = await page.request.post(`${server.url}/api/v1/drills`, {
    headers: { origin: server.url },
    data: { scenario: 'argocd-namespace-deleted', runbook: 'argocd-namespace-deleted', speed: 20, fill: 'S', key: crypto.randomUUID() },
  })
  expect(started.status(), await started.text()).toBeLessThan(300)
  await page.goto(`${server.url}/`)
  await page.locator('[data-signal="argocd-gone"]').waitFor({ timeout: 120_000 })

  await page.goto(`${server.url}/changes?cluster=drill-1&actor=sync`)
  await expect
    .poll(() => page.getByRole('list', { name: 'Changes' }).textContent(), { timeout: 60_000 })
    .toMatch(/sync result of the operation/)
  await look(page, 'changes-disaster')
  await page.goto(`${server.url}/services/drill-1/project-ledger/project-ledger`)
  const graph = page.locator('[data-graph]')
  await graph.waitFor()
  expect(await graph.locator('[aria-current="page"]').textContent()).toContain('project-ledger')
  await look(page, 'service-needs')
  await page.locator('li', { hasText: 'StatefulSet' }).getByRole('link').first().click()
  await page.waitForURL(/\/objects\/drill-1\/.+/)
  await page.locator('[data-manifest]').waitFor()
  await look(page, 'object-of-service')

  await page.goto(`${server.url}/`)
  await page.getByRole('slider', { name: 'Moment shown' }).focus()
  await page.keyboard.press('Home')
  const band = page.locator('[data-past]')
  await band.waitFor()
  await page.getByText('as it was recorded at').waitFor({ timeout: 30_000 })
  expect(await page.getByRole('button', { name: 'Start recovery' }).count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Moment shown')
  await look(page, 'situation-past')
  await page.getByRole('button', { name: 'Back to now' }).click()
  await page.getByRole('button', { name: 'Start recovery' }).waitFor()
  expect(complaints).toEqual([])
})
