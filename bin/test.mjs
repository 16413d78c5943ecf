// npm test: every gate and every test, on to the end whatever fails, and one line at last: `N passed, N failed`.
// --check: types and gates only. --unit: tests without a browser only.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { needNode, root, run } from './node.mjs'

const only = { check: process.argv.includes('--check'), unit: process.argv.includes('--unit') }
const bin = (...parts) => join(root, 'node_modules', ...parts)
const total = { passed: 0, failed: 0 }
const failures = []
const env = { ...process.env, BLACKSTART_ROOT: root, NEXT_TELEMETRY_DISABLED: '1' }

function count(name, passed) {
  if (passed) total.passed++
  else {
    total.failed++
    failures.push(name)
  }
}

async function gate(name, script, ...args) {
  console.log(`\n== ${name}`)
  count(name, (await run(needNode(), [script, ...args], { env })) === 0)
}

async function gates() {
  await gate('route types (next typegen)', bin('next', 'dist', 'bin', 'next'), 'typegen')
  await gate('types (tsc)', bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', root)
  await gate(
    'style (biome)',
    bin('@biomejs', 'biome', 'bin', 'biome'),
    'ci',
    '--max-diagnostics=60',
    ...(process.stdout.isTTY ? [] : ['--colors=off']),
    '.',
  )
  await gate(
    'floors (dependency-cruiser)',
    bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    ...existing('app', 'components', 'lib', 'bin', 'tests', 'instrumentation.ts', 'proxy.ts'),
  )
  await gate('dead wood (knip)', bin('knip', 'bin', 'knip.js'), '--no-progress')
}

function existing(...names) {
  return names.filter((name) => existsSync(join(root, name)))
}

async function vitest(projects, extra = {}) {
  console.log(`\n== tests (${projects.join(', ')})`)
  const folder = mkdtempSync(join(tmpdir(), 'blackstart-report-'))
  const report = join(folder, 'report.json')
  const args = [
    bin('vitest', 'vitest.mjs'),
    'run',
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...projects.flatMap((name) => ['--project', name]),
  ]
  const code = await run(needNode(), args, { env: { ...env, ...extra } })
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null
  rmSync(folder, { recursive: true, force: true })
  // A file that could not even be loaded has no tests to count, and is a failure all the same.
  const broken = (result?.testResults ?? []).filter(
    (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  ).length
  const failed = (result?.numFailedTests ?? 0) + broken
  total.passed += result?.numPassedTests ?? 0
  total.failed += failed
  if (failed > 0) failures.push(`${projects.join(', ')}: ${failed}`)
  if (code !== 0 && failed === 0) count(`${projects.join(', ')} (vitest ended with ${code})`, false)
}

async function chromium() {
  const named = process.env.CHROMIUM_PATH
  if (named) return existsSync(named) ? named : null
  const places = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ]
  const found = () => places.find((file) => existsSync(file)) ?? null
  if (found() || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return found()
  console.log('Installing Chromium for the browser tests …')
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['update', '-qq'], quiet)
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], quiet)
  return found()
}

async function browserTests() {
  if (!existsSync(join(root, 'tests', 'browser'))) return
  const built = await build()
  if (built !== 0) return count('build', false)
  const browser = await chromium()
  if (!browser) {
    console.error('The browser tests need Chromium: install it, or set CHROMIUM_PATH to its executable.')
    return count('browser (no Chromium)', false)
  }
  await vitest(['browser'], { CHROMIUM_PATH: browser })
}

const ready = (await install()) || (await generate())
if (ready !== 0) process.exit(ready)
if (!only.unit) await gates()
if (!only.check) await vitest(['unit', 'integration'])
if (!only.check && !only.unit) await browserTests()
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((one) => `  ${one}`).join('\n')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed === 0 ? 0 : 1)
