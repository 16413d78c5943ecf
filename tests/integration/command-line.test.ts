import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type TestDatabase, testDatabase } from '#lib/testing/database'

let folder: string
let database: TestDatabase

beforeAll(async () => {
  folder = join(inject('run').folder, 'command-line')
  mkdirSync(folder, { recursive: true })
  database = await testDatabase()
})
afterAll(() => database?.drop())

type Said = { readonly code: number | null; readonly out: string; readonly err: string }

function blackstart(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const child = spawn(process.execPath, [join('bin', 'blackstart.ts'), ...args], {
    env: {
      ...process.env,
      VITEST: '',
      BLACKSTART_ROOT: process.cwd(),
      BLACKSTART_CWD: folder,
      BLACKSTART_DATA: join(folder, 'data'),
      BLACKSTART_CONFIG: '',
      BLACKSTART_TOKEN: '',
      BLACKSTART_BOOTSTRAP_TOKEN: '',
      DATABASE_URL: database.url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString()
  })
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString()
  })
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })))
}

test('used wrongly is 2, with a sentence on the error output and nothing else', async () => {
  for (const args of [
    ['dance'],
    ['runbook', 'lint', 'nowhere'],
    ['token', 'create', '--role', 'king'],
    ['run', 'watch', 'x'],
    ['drill', 'run', '--scenario', 'x', '--speed', 'slow'],
  ]) {
    const said = await blackstart(args)
    expect([args, said.code, said.out]).toEqual([args, 2, ''])
    expect(said.err).not.toMatch(/\n\s+at /)
    expect(said.err.trim()).not.toBe('')
  }
})

test('runbooks are linted, printed, and their schema given', async () => {
  expect(await blackstart(['runbook', 'lint'])).toMatchObject({ code: 0, out: expect.stringMatching(/runbooks?, 0 with errors/) })
  const broken = join(folder, 'broken.yaml')
  writeFileSync(
    broken,
    'apiVersion: blackstart.dev/v1\nkind: Runbook\nmetadata: { name: broken }\nspec: { title: B, steps: [{ id: a, do: { scale: { set: none, replicas: 1 } } }] }\n',
  )
  expect(await blackstart(['runbook', 'lint', broken])).toMatchObject({ code: 1, out: expect.stringContaining('broken.yaml:4:') })
  const asJson = await blackstart(['--json', 'runbook', 'lint', broken])
  expect(asJson.code).toBe(1)
  expect(JSON.parse(asJson.out)).toMatchObject([{ name: 'broken', problems: [{ line: 4, severity: 'error' }, { severity: 'warning' }] }])
  expect(JSON.parse((await blackstart(['runbook', 'schema'])).out)).toMatchObject({ type: 'object' })
  expect(await blackstart(['runbook', 'print', 'argocd-namespace-deleted'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^# .*\n[\s\S]*kubectl scale/),
  })
})

test('the database is migrated, a token is made, and the audit log is verified, online and offline', async () => {
  expect(await blackstart(['db', 'migrate'])).toMatchObject({ code: 0, out: 'up to date\n' })
  const made = await blackstart(['token', 'create', '--role', 'operator', '--expires', '30d', '--json'])
  expect(JSON.parse(made.out)).toMatchObject({ token: expect.any(String), roles: ['operator'], expiresAt: expect.stringMatching(/Z$/) })
  expect(await blackstart(['audit', 'verify', '--fold'])).toMatchObject({ code: 0, out: expect.stringContaining('Valid: 1 entries') })
  const file = join(folder, 'audit.jsonl')
  writeFileSync(file, (await blackstart(['audit', 'export'])).out)
  expect(await blackstart(['audit', 'verify', '--export', file])).toMatchObject({
    code: 0,
    out: expect.stringContaining('Valid: 1 entries'),
  })
  writeFileSync(file, readFileSync(file, 'utf8').replace('operator', 'approver'))
  expect(await blackstart(['audit', 'verify', '--export', file])).toMatchObject({ code: 1, out: expect.stringContaining('NOT valid') })
  const key = join(folder, 'other.pem')
  writeFileSync(key, 'not a key')
  expect((await blackstart(['audit', 'verify', '--export', file, '--public-key', key])).code).toBe(2)
})

test('a person is added with a link that signs them in, and is never taken over from single sign-on', async () => {
  const added = await blackstart(['person', 'add', 'anna', '--role', 'operator', '--name', 'Anna', '--json'])
  expect(JSON.parse(added.out)).toMatchObject({
    id: 'anna',
    roles: ['operator'],
    link: expect.stringMatching(/\/sign-in\?token=[\w-]{20,}$/),
  })
  expect((await blackstart(['person', 'add', 'anna', '--role', 'lead', 'approver'])).code).toBe(0)
  expect(await database.db.prisma.person.findUnique({ where: { id: 'anna' } })).toMatchObject({ name: 'Anna', roles: ['lead', 'approver'] })
  await database.db.prisma.person.create({ data: { id: 'olaf', name: 'Olaf', roles: ['viewer'], origin: 'oidc' } })
  expect(await blackstart(['person', 'add', 'olaf', '--role', 'administrator'])).toMatchObject({ code: 2 })
})

test('init writes a first configuration from a kubeconfig, once, and doctor tells what is wanting', async () => {
  const kubeconfig = join(folder, 'kubeconfig')
  const cluster = { server: 'https://127.0.0.1:1' }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'Prod EU', context: { cluster: 'c', user: 'u' } }],
    }),
  )
  const env = { KUBECONFIG: kubeconfig }
  expect(await blackstart(['init'], env)).toMatchObject({ code: 0, out: expect.stringContaining('Prod EU') })
  expect(readFileSync(join(folder, 'blackstart.yaml'), 'utf8')).toContain('name: "prod-eu"')
  expect(await blackstart(['init'], env)).toMatchObject({ code: 2, err: expect.stringContaining('already') })
  const doctor = await blackstart(['doctor', '--json'])
  expect(doctor.code).toBe(1)
  const findings = JSON.parse(doctor.out) as { what: string; ok: boolean }[]
  expect(findings.filter((one) => !one.ok).map((one) => one.what)).toEqual(['cluster prod-eu answers'])
})

test('a drill is played headless by synthetic people: 0 with JUnit and report when the services came back', async () => {
  const args = [
    'drill',
    'run',
    '--scenario',
    'argocd-namespace-deleted',
    '--speed',
    'max',
    '--json',
    '--junit',
    'junit.xml',
    '--report',
    'report.md',
  ]
  const config = join(folder, 'none.yaml')
  writeFileSync(config, 'clusters: []\n')
  const env = { BLACKSTART_CONFIG: config }
  const passed = await blackstart([...args, '--confirm-manual'], env)
  expect(passed.err).toBe('')
  expect([passed.code, JSON.parse(passed.out)]).toMatchObject([
    0,
    { ok: true, why: [], outcome: 'completed', recoveredAt: expect.any(String) },
  ])
  expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toMatch(/<testsuites tests="\d+" failures="0"/)
  expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(/^Passed: .*\n\nPlayed by machine[\s\S]*\| Lead \| machine-operator \|/)
  // Nothing of it is told as people's rehearsal, and the log of it stands in the configured database.
  expect(await blackstart(['audit', 'verify', '--fold'], env)).toMatchObject({ code: 0 })

  const stuck = await blackstart(args, env)
  expect([stuck.code, JSON.parse(stuck.out)]).toMatchObject([
    1,
    { ok: false, outcome: 'aborted', why: [expect.stringContaining('--confirm-manual'), 'the services did not come back'] },
  ])
  expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('<failure message=')
}, 300_000)
