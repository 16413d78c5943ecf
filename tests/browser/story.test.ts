import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../lib/testing/database.ts'
import { startServer, type TestServer } from '../../lib/testing/server.ts'
import { look, openBrowser } from './look.ts'

let database: TestDatabase
let server: TestServer
let browser: Browser
let page: Page
const complaints: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  server = await startServer({ folder: join(inject('run').folder, 'story'), env: { DATABASE_URL: database.url } })
  browser = await openBrowser(process.env.CHROMIUM_PATH)
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
})

afterAll(async () => {
  await browser?.close()
  await server?.discard()
  await database?.drop()
})

/** Goes to a screen by its link in the rail, as a person does. */
async function go(name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).first().click()
  await page.waitForLoadState('networkidle').catch(() => {})
}

async function become(person: string): Promise<void> {
  const shown = page.getByRole('button', { name: /On-call engineer|Incident lead/ }).first()
  if ((await shown.textContent())?.includes(person)) return
  await shown.click()
  await page.getByRole('menuitem', { name: new RegExp(person) }).click()
  await page.getByRole('button', { name: person }).first().waitFor()
}

test('from calm through the founding disaster and back, with an operator’s clicks only', async () => {
  await expect.poll(() => server.signInLink(), { timeout: 120_000 }).not.toBeNull()
  await page.goto(server.signInLink() ?? '')
  await expect
    .poll(
      () =>
        page
          .locator('[data-tone]')
          .getAttribute('data-tone')
          .catch(() => null),
      { timeout: 120_000, interval: 500 },
    )
    .toMatch(/calm|watch/)
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent(), { timeout: 60_000 }).toMatch(/services/)
  await look(page, 'situation-calm')

  await go('Services')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await look(page, 'services-calm')
  await planAhead()
  await go('Drills')
  await look(page, 'drills')
  await page.locator('[data-scenario="argocd-namespace-deleted"]').getByRole('button').click()
  await page.getByLabel('Speed').selectOption('20')
  await look(page, 'drills-start')
  await page.getByRole('button', { name: /on purpose/ }).click()

  await page.locator('[data-signal="argocd-gone"]').waitFor({ timeout: 120_000 })
  await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent(), { timeout: 120_000, interval: 500 }).toMatch(/re-install/)
  await expect.poll(() => page.locator('[data-signal="argocd-gone"]').textContent(), { timeout: 60_000 }).toMatch(/Proof:/)
  await look(page, 'situation-disaster')
  await page.getByRole('button', { name: 'Acknowledge' }).first().click()

  await go('Services')
  await look(page, 'services-disaster')
  await page.getByRole('table').getByRole('link').first().click()
  await page.waitForURL(/\/services\/.+/)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await look(page, 'service-disaster')
  await go('Situation')

  await page.getByRole('button', { name: 'Start recovery' }).click()
  await page.getByRole('button', { name: /^Open the run on/ }).click()
  await page.waitForURL(/\/runs\/.+/)
  await page.locator('[data-step]').waitFor()
  await look(page, 'run-begin')

  const ended = await recover()
  expect(ended).toMatch(/completed/)
  expect(await page.locator('[data-run-end="completed"]').textContent()).toMatch(/Temporary changes still in force0/)
  await look(page, 'run-end')

  await go('Situation')
  await expect.poll(() => page.locator('[data-tone]').getAttribute('data-tone'), { timeout: 120_000, interval: 500 }).toMatch(/calm|watch/)
  await look(page, 'situation-after')

  await go('Record')
  await page.getByRole('button', { name: 'Verify the chain' }).waitFor()
  await look(page, 'record')
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await expect.poll(() => page.locator('[data-verified]').textContent(), { timeout: 60_000 }).toMatch(/Verified: \d+ entries, unbroken/)
  expect(complaints).toEqual([])
}, 900_000)

/** Says by the keyboard alone what will happen. It stays in force through the night, which is told all the same. */
async function planAhead(): Promise<void> {
  await page.getByRole('link', { name: 'Expected', exact: true }).press('Enter')
  await page.getByRole('button', { name: 'Plan a change' }).press('Enter')
  await page.getByLabel('What will happen').fill('nightly clean-up')
  await page.getByLabel('Namespace').fill('preview-*')
  await look(page, 'expected-plan')
  await page.getByLabel('Namespace').press('Enter')
  await page.locator('[data-planned="now"]').waitFor()
  await page.getByText('Planned. It ends by itself.').waitFor({ state: 'hidden' })
  await look(page, 'expected')
}

/** Presses each step's one next button until the run is closed; a second person approves where that is asked for. */
async function recover(): Promise<string> {
  const looked = new Set<string>()
  const deadline = Date.now() + 600_000
  while (Date.now() < deadline) {
    const head = (await page.locator('main header').first().textContent()) ?? ''
    if (/· completed|· aborted/.test(head)) return head
    const step =
      (await page
        .locator('[data-step]')
        .getAttribute('data-step')
        .catch(() => null)) ?? ''
    const button = page.locator('button[data-command]:enabled').first()
    if (await button.isVisible().catch(() => false)) {
      const command = (await button.getAttribute('data-command')) ?? ''
      if (['release-applications', 'situation', 'thaw-tier-0'].includes(step) && !looked.has(step)) {
        looked.add(step)
        await look(page, `run-${step}`)
      }
      await button.click({ timeout: 2_000 }).catch(() => {})
      await page.waitForTimeout(command === 'act' ? 600 : 300)
    } else if (
      step === 'quarantine' &&
      (await page
        .getByRole('radio', { name: /leave/ })
        .isVisible()
        .catch(() => false))
    ) {
      // The figures propose nothing here: a person has to decide.
      await page.getByRole('radio', { name: /leave/ }).check()
    } else if (
      await page
        .getByText(/Waiting for an approval/)
        .isVisible()
        .catch(() => false)
    ) {
      await become('Incident lead')
      const approve = page.locator('button[data-command="approve"]:enabled').first()
      await approve.waitFor({ timeout: 20_000 })
      await approve.click()
      await page.waitForTimeout(500)
      await become('On-call engineer')
    } else await page.waitForTimeout(400)
  }
  throw new Error(`the run did not end: ${await page.locator('main').textContent()}`)
}
