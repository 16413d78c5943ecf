import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: readonly { name: string }[] }
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

// One forbidden import of each kind: rule, the file that breaks it, what it imports.
const PLANTED: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ['no-cycles', 'lib/runs/a-one.ts', './a-two.ts'],
  ['resolvable', 'lib/runs/lost.ts', './nowhere.ts'],
  ['app-is-the-roof', 'lib/runs/roof.ts', '../../app/page.tsx'],
  ['lib-has-no-screen', 'lib/runs/screen.ts', '#components/ui/button'],
  ['screen-sees-only-models', 'components/runs/run-board.tsx', '#lib/runs/store'],
  ['ui-knows-no-domain', 'components/ui/dialog.tsx', '#lib/runs/schema'],
  ['kernel-stands-alone', 'lib/kernel/word.ts', '../runs/schema.ts'],
  ['models-stand-alone', 'lib/runs/rules.ts', './store.ts'],
  ['models-do-no-io', 'lib/runs/view.ts', 'node:fs'],
  ['gear-calls-no-verb', 'lib/runs/client.ts', '../http/endpoint.ts'],
  ['below-the-doors', 'lib/runs/door.ts', '../http/endpoint.ts'],
  ['only-doors-see-boot', 'lib/http/read.ts', '../boot/start.ts'],
  ['prisma-lives-in-db', 'lib/runs/sql.ts', 'pg'],
  ['cluster-api-lives-in-cluster', 'lib/runs/kube.ts', '@kubernetes/client-node'],
  ['nobody-knows-the-sandbox', 'lib/runs/play.ts', '../sandbox/storage.ts'],
  ['fakes-stay-in-tests', 'lib/runs/fake.ts', '../testing/builders.ts'],
  ['audit-looks-down', 'lib/audit/up.ts', '../auth/store.ts'],
  ['auth-looks-down', 'lib/auth/up.ts', '../cluster/store.ts'],
  ['cluster-looks-down', 'lib/cluster/up.ts', '../argocd/store.ts'],
  ['argocd-looks-down', 'lib/argocd/up.ts', '../inventory/store.ts'],
  ['inventory-looks-down', 'lib/inventory/up.ts', '../services/store.ts'],
  ['services-looks-down', 'lib/services/up.ts', '../impact/store.ts'],
  ['impact-looks-down', 'lib/impact/up.ts', '../hazards/store.ts'],
  ['hazards-looks-down', 'lib/hazards/up.ts', '../runbooks/store.ts'],
  ['runbooks-looks-down', 'lib/runbooks/up.ts', '../runs/store.ts'],
  ['runs-looks-down', 'lib/runs/up.ts', '../drills/store.ts'],
]

// What those imports lead to, allowed as it stands.
const GROUND: Readonly<Record<string, string>> = {
  'app/page.tsx': "import { run } from '#lib/runs/store'\nexport const page = run\n",
  'components/ui/button.tsx': 'export const button = 1\n',
  'lib/runs/a-two.ts': "import { planted } from './a-one.ts'\nexport const it = planted\n",
  'lib/runs/schema.ts': 'export const it = 1\n',
  'lib/http/endpoint.ts': "import { run } from '../runs/store.ts'\nexport const it = run\n",
  'lib/boot/start.ts': "import { it } from '../http/endpoint.ts'\nexport const start = it\n",
  'lib/sandbox/storage.ts': 'export const it = 1\n',
  'lib/testing/builders.ts': 'export const it = 1\n',
  ...Object.fromEntries(
    ['auth', 'cluster', 'argocd', 'inventory', 'services', 'impact', 'hazards', 'runbooks', 'runs', 'drills'].map((domain) => [
      `lib/${domain}/store.ts`,
      'export const run = 1\n',
    ]),
  ),
}

function aTree(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(tmpdir(), 'blackstart-canary-'))
  folders.push(tree)
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs', 'biome.json']) cpSync(file, join(tree, file))
  symlinkSync(join(process.cwd(), 'node_modules'), join(tree, 'node_modules'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true })
    writeFileSync(join(tree, file), text)
  }
  return tree
}

/** The output of a gate, which may well fail. */
function gate(tree: string, script: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [join(process.cwd(), 'node_modules', script), ...args], {
      cwd: tree,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

type Violation = { readonly from: string; readonly rule: { readonly name: string } }

function violations(tree: string): readonly Violation[] {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'app', 'components', 'lib']
  const report = JSON.parse(gate(tree, 'dependency-cruiser/bin/dependency-cruiser.mjs', ...args)) as {
    summary: { violations: Violation[] }
  }
  return report.summary.violations
}

test('every rule of the floors is one that can fail: each planted import is found', () => {
  const planted = Object.fromEntries(
    PLANTED.map(([, file, imports]) => [file, `import * as what from '${imports}'\nexport const planted = what\n`]),
  )
  const found = violations(aTree({ ...GROUND, ...planted }))
  for (const [rule, file] of PLANTED) expect(found.map((one) => `${one.rule.name} ${one.from}`)).toContain(`${rule} ${file}`)
  expect(PLANTED.map(([rule]) => rule).sort()).toEqual(forbidden.map((rule) => rule.name).sort())
})

test('a house in order has no violations', () => {
  const { 'lib/runs/a-two.ts': _, ...ground } = GROUND
  expect(violations(aTree(ground))).toEqual([])
})

const BAD: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['noExplicitAny', 'lib/runs/one.ts', 'export const one: any = 1\n'],
  ['noNonNullAssertion', 'lib/runs/two.ts', 'export const two = (x: string | null) => x!.length\n'],
  ['noEnum', 'lib/runs/three.ts', 'export enum Three {\n  A = 1,\n}\n'],
  ['noDefaultExport', 'lib/runs/four.ts', 'export default 4\n'],
  ['noProcessEnv', 'lib/runs/five.ts', 'export const five = process.env.FIVE\n'],
  ['noConsole', 'lib/runs/six.ts', "console.log('six')\n"],
  ['useThrowOnlyError', 'lib/runs/seven.ts', "export function seven() {\n  throw 'seven'\n}\n"],
  ['useFilenamingConvention', 'lib/runs/eightEight.ts', 'export const eight = 8\n'],
  ['noBarrelFile', 'lib/runs/nine.ts', "export { one } from './one.ts'\n"],
  ['noFloatingPromises', 'lib/runs/ten.ts', 'async function ten() {}\nexport function call() {\n  ten()\n}\n'],
]

test.each(BAD)('the style gate finds %s', (rule, file, text) => {
  const tree = aTree({ [file]: text })
  const said = gate(tree, '@biomejs/biome/bin/biome', 'lint', '--vcs-enabled=false', '--reporter=json', 'lib')
  const report = JSON.parse(said) as { diagnostics: readonly { category: string }[] }
  expect(report.diagnostics.map((one) => one.category.split('/').at(-1))).toContain(rule)
})
