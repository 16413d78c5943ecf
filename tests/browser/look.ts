import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

export const WIDTHS = [1440, 390] as const
export const THEMES = ['light', 'dark'] as const
const SHOTS = join(import.meta.dirname, '../screenshots')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

type Violation = {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** The machine's Chromium, asking nobody for anything. */
export function openBrowser(executablePath = '/usr/bin/chromium'): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Serious and critical violations on the page as it stands, one sentence each with the elements concerned. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found = await page.evaluate(async (tags) => {
    const axe = (globalThis as unknown as { axe: { run(root: Document, options: object): Promise<{ violations: Violation[] }> } }).axe
    return (await axe.run(document, { runOnly: tags, resultTypes: ['violations'] })).violations
  }, TAGS)
  return found
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map(
      (one) =>
        `${one.id}: ${one.help}\n${one.nodes
          .slice(0, 4)
          .map((node) => `    ${node.html.slice(0, 160)}\n      ${node.failureSummary?.split('\n').at(1)?.trim() ?? ''}`)
          .join('\n')}`,
    )
}

async function settle(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** True when something sticks out to the right, so that a phone would scroll sideways. */
function tooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1)
}

/**
 * Looks at a screen in both themes and at both widths: four pictures in `tests/screenshots`, and axe on each.
 * Throws when axe finds anything serious or critical, or when the page scrolls sideways. The page keeps its state and its first size.
 */
export async function look(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  const wrong: string[] = []
  mkdirSync(dirname(join(SHOTS, name)), { recursive: true })
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width > 600 ? 900 : 844 })
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await settle(page)
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${theme}.png`), fullPage: true })
      wrong.push(...(await violations(page)).map((one) => `${name} at ${width} px, ${theme}: ${one}`))
      if (await tooWide(page)) wrong.push(`${name} at ${width} px, ${theme}: the page scrolls sideways`)
    }
  }
  if (before) await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
}
