import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { AuditEntry } from '#lib/audit/schema'
import type { DrillView } from '#lib/drills/view'
import type { SignalView } from '#lib/impact/view'
import { newId } from '#lib/kernel/id'
import { sleep } from '#lib/kernel/pace'
import type { ActItem, RunEntry } from '#lib/runs/entry-schema'
import { fold } from '#lib/runs/machine'
import { loadRun } from '#lib/runs/store'
import type { LedgerRow, RunView } from '#lib/runs/view'
import { findSandbox } from '#lib/sandbox/process-client'
import { type TestDatabase, testDatabase } from '#lib/testing/database'
import { caller, type Play, playRun } from '#lib/testing/play-run'
import { signInAsLead } from '#lib/testing/sign-in'
import { eventually } from '#lib/testing/wait'
import { type Mortal, remembering, startMortal, storedItems, turns, type Witness, witness } from './crash-stage.ts'

const TOKEN = 'crash-test-bootstrap-token-0123456789abcdef'
/** Died of before the command was sent. */
const BEFORE = [
  'stop-controllers act',
  'situation answer',
  'release-applications approve',
  'credentials confirm',
  'canary-sync act',
  'quarantine answer',
]
/** Died of the moment it was accepted. */
const AFTER = [
  'stop-controllers act',
  'nobody-reinstalls confirm',
  'namespace act',
  'configuration act',
  'install act',
  'start-application-controller act',
  'canary-sync act',
  'application-sets-restored act',
  'return-volumes act',
]
/** Died of among the items of one act: so many ms after the first was intended; each again after the restart. */
const AMONG: Readonly<Record<string, readonly number[]>> = {
  'release-applications': [150, 100],
  'restore-applications': [250, 100],
  'thaw-tier-3': [80],
}
/** Slows the cluster's answers down until a kill has found requests under way, on a busy machine too. */
const SLOW = { latencyMs: 400 }

let database: TestDatabase
let mortal: Mortal
let folder: string
const watching: Witness[] = []

beforeAll(async () => {
  database = await testDatabase()
  folder = join(inject('run').folder, 'crash')
  mortal = await startMortal({ folder, env: { DATABASE_URL: database.url, BLACKSTART_BOOTSTRAP_TOKEN: TOKEN } })
})

afterAll(async () => {
  for (const one of watching) one.end()
  await mortal?.discard()
  await database?.drop()
})

type Cell = { services: number; freshness: string; impact: { healthy: number } }
type Services = { items: { id: string; impact: string }[] }

test('a server killed at 21 points of a recovery loses nothing and does nothing twice', async () => {
  const killed: string[] = []
  const due = { before: new Set(BEFORE), after: new Set(AFTER) }
  const among = new Map(Object.entries(AMONG).map(([step, delays]) => [step, [...delays]]))
  const doubts: number[] = []
  const die = (where: string) => {
    killed.push(where)
    mortal.kill()
  }
  const cookie = await signInAsLead(mortal.now())
  const operator = remembering(
    caller(mortal.url, () => ({ authorization: `Bearer ${TOKEN}` })),
    (_path, body) => {
      const { do: command, step } = body as { do?: string; step?: string }
      if (due.after.delete(`${step} ${command}`)) die(`after ${step} ${command}`)
    },
  )
  const approver = caller(mortal.url, () => ({ cookie }))
  await eventually(
    () => operator.get<Cell>('/situation').catch(() => null),
    (now) => now?.freshness === 'live' && now.impact.healthy > 30,
    120_000,
  )
  const before = await operator.get<Services>('/clusters/sandbox/services')

  const sandbox = await findSandbox(join(folder, 'sandboxes'), 'sandbox')
  if (!sandbox) throw new Error('the sandbox does not run')
  const [applications, volumes, workloads] = await Promise.all(
    ['/apis/argoproj.io/v1alpha1/namespaces/argocd/applications', '/api/v1/persistentvolumes', '/apis/apps/v1/deployments'].map((path) =>
      witness(sandbox.kubeconfig, path),
    ),
  )
  if (!applications || !volumes || !workloads) throw new Error('no witness')
  watching.push(applications, volumes, workloads)
  const names = applications.events.map((one) => one.object.metadata.name).sort()

  const asked = await operator.send('/drills', { scenario: 'argocd-namespace-deleted', speed: 20, cluster: 'sandbox', key: newId() })
  expect(asked.status).toBeLessThan(300)
  const drill = asked.body as DrillView
  // The first death comes between two of the drill's own faults.
  await eventually(
    () => operator.get<DrillView>(`/drills/${drill.id}`),
    (now) => now.injectedAt !== null,
    120_000,
  )
  die('between two injects of the drill')
  await mortal.revived()
  await eventually(
    () => applications.events.filter((one) => one.object.metadata.deletionTimestamp).map((one) => one.object.metadata.name),
    (going) => new Set(going).size >= names.length,
    90_000,
  )

  // People act on what they are told: the run begins from the signal, whose incident knows T0.
  const told = await eventually(
    async () =>
      (await operator.get<{ items: SignalView[] }>('/signals')).items.find(
        (one) => one.kind === 'argocd-gone' && one.closedAt === null && one.causes.length > 0,
      ),
    (signal) => signal !== undefined,
    90_000,
  )
  const started = await operator.send('/runs', {
    runbook: 'argocd-namespace-deleted',
    kind: 'drill',
    clusters: ['sandbox'],
    drill: drill.id,
    signal: told?.id,
    key: newId(),
  })
  expect(started.status, JSON.stringify(started.body)).toBe(201)
  const { id, t0 } = started.body as RunView
  const firstGoing =
    applications.events
      .map((one) => one.object.metadata.deletionTimestamp ?? '')
      .filter((at) => at !== '')
      .sort()[0] ?? ''
  expect(Date.parse(t0), 'T0 is before the first deletion').toBeLessThan(Date.parse(firstGoing))
  const watch = stalk(
    id,
    among,
    async (step) => {
      die(`among the items of ${step}`)
      if (among.get(step)?.length === 0) await sandbox.control.setFaults({})
      await mortal.revived()
    },
    doubts,
  )

  const run = await playOn(id, { operator, approver }, async (_run, step, command) => {
    if (due.before.delete(`${step.id} ${command}`)) {
      die(`before ${step.id} ${command}`)
      return false
    }
    // It stays slow until the last kill among these items: the act itself begins some time after its command.
    if (command === 'act' && among.get(step.id)?.length) await sandbox.control.setFaults(SLOW)
    return true
  }).finally(() => watch.end())

  expect(
    [...due.before, ...due.after, ...[...among].filter(([, left]) => left.length > 0).map(([step]) => step)],
    'points that were not met',
  ).toEqual([])
  expect(killed.length, killed.join(', ')).toBeGreaterThanOrEqual(20)
  expect(doubts.filter((items) => items > 0).length, 'kills that left items in doubt').toBeGreaterThanOrEqual(3)

  expect(
    run.outcome,
    run.phases
      .flatMap((phase) => phase.steps)
      .map((step) => `${step.id} ${step.outcome}`)
      .join(', '),
  ).toBe('completed')
  for (const step of run.phases.flatMap((phase) => phase.steps))
    expect(['verified', 'confirmed', 'not-applicable'], `${step.id}: ${step.outcome} ${step.reason}`).toContain(step.outcome)
  const entries = (await operator.get<{ items: AuditEntry[] }>(`/runs/${id}/entries`)).items
  expect(
    entries.filter((one) => one.kind === 'step.failed').map((one) => one.data),
    'failed',
  ).toEqual([])
  expect(repeated(entries)).toEqual([])

  const folded = fold(
    id,
    entries.map(
      (one) =>
        ({
          kind: one.kind,
          data: one.data,
          actor: one.actor,
          at: new Date(one.at).toISOString(),
          version: one.streamVersion,
        }) as unknown as RunEntry,
    ),
  )
  expect(folded).toEqual(await loadRun(database.db, id))
  expect(run.version).toBe(folded?.runVersion)
  expect((await operator.get<{ items: LedgerRow[] }>('/ledger?cluster=sandbox')).items).toEqual([])
  expect(await operator.send('/audit/verify', { fold: true })).toMatchObject({ status: 200, body: { ok: true, bad: null } })

  // Nothing done twice, as somebody else saw it in the cluster.
  const born = applications.events
    .filter((one) => one.type === 'ADDED')
    .map((one) => one.object.metadata.name)
    .sort()
  expect(
    born.filter((name, i) => born[i - 1] === name),
    'made twice',
  ).toEqual([])
  const automation = (object: Witness['events'][number]['object']) =>
    (object.spec.syncPolicy as { automated?: unknown } | undefined)?.automated ? 'on' : 'off'
  expect(
    [...turns(applications, automation, 'off', 'on').values()].filter((times) => times > 1),
    'thawed twice',
  ).toEqual([])
  const policy = (object: Witness['events'][number]['object']) => String(object.spec.persistentVolumeReclaimPolicy)
  expect(
    [...turns(volumes, policy, 'Delete', 'Retain').values(), ...turns(volumes, policy, 'Retain', 'Delete').values()].filter(
      (times) => times > 1,
    ),
    'policy written twice',
  ).toEqual([])
  expect(
    [
      ...turns(
        applications,
        (object) => (JSON.stringify(object.operation ?? null).includes('blackstart.dev/act') ? 'asked' : 'none'),
        'none',
        'asked',
      ).values(),
    ].filter((times) => times > 1),
    'synced twice',
  ).toEqual([])
  const gone = workloads.events
    .filter((one) => one.type === 'DELETED' && one.object.metadata.namespace !== 'argocd')
    .map((one) => one.object.metadata.name)
  expect(gone, 'workloads lost').toEqual([])

  const after = await eventually(
    () => operator.get<Services>('/clusters/sandbox/services'),
    (now) =>
      now.items.every(
        (one) =>
          ['healthy', 'changing'].includes(one.impact) || before.items.some((then) => then.id === one.id && then.impact === one.impact),
      ),
    60_000,
  )
  expect(after.items.map((one) => one.id).sort()).toEqual(before.items.map((one) => one.id).sort())
  // The session of the first life still counts in the last.
  expect(await approver.get<{ name?: string }>('/me')).toBeTruthy()
  await eventually(
    () => operator.get<DrillView>(`/drills/${drill.id}`),
    (now) => now.stage === 'closed' && now.outcome === 'completed',
    30_000,
  )
}, 900_000)

type Hands = { readonly operator: ReturnType<typeof remembering>; readonly approver: ReturnType<typeof caller> }

/** Plays a run through every death: what was answered before one is sent again after it, and must not count twice. */
async function playOn(id: string, hands: Hands, before: NonNullable<Play['before']>): Promise<RunView> {
  for (;;) {
    const lives = mortal.lives
    try {
      await mortal.revived()
      if (lives > 2) await repeatLast(id, hands)
      const run = await playRun(hands, id, { before, maxMs: 180_000 })
      if (run.stage === 'closed') return run
    } catch (error) {
      if (mortal.lives === lives) throw error
    }
  }
}

async function repeatLast(id: string, { operator }: Hands): Promise<void> {
  const acts = await countEntries(id, 'step.act-requested')
  const { last } = operator
  const again = await operator.again()
  expect(again).toEqual(last)
  expect(await countEntries(id, 'step.act-requested')).toBe(acts)
}

async function countEntries(id: string, kind: string): Promise<number> {
  const { rows } = await database.db.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM audit_entry WHERE stream = $1 AND kind = $2',
    [`run:${id}`, kind],
  )
  return rows[0]?.n ?? 0
}

/** Kills while items of an act are intended and not yet all answered, as often as is asked for. */
function stalk(
  id: string,
  among: Map<string, number[]>,
  kill: (step: string) => Promise<void>,
  doubts: number[],
): { end(): Promise<void> } {
  const ending = new AbortController()
  const looking = (async () => {
    while (!ending.signal.aborted) {
      for (const [step, delays] of among) {
        const [delay] = delays
        if (delay === undefined) continue
        const [items, lives] = [await storedItems(database.db, id, step), mortal.lives]
        if (!items.includes('intended')) continue
        await sleep(delay, ending.signal)
        if (mortal.lives !== lives || !(await storedItems(database.db, id, step)).includes('intended')) continue
        delays.shift()
        const dead = kill(step)
        doubts.push((await storedItems(database.db, id, step)).filter((state) => state === 'intended').length)
        await dead
      }
      await sleep(10, ending.signal)
    }
  })()
  return {
    async end() {
      ending.abort()
      await looking
    },
  }
}

/** Items of one act that were intended or answered more than once, by step and key. */
function repeated(entries: readonly AuditEntry[]): readonly string[] {
  const seen = new Map<string, number>()
  const twice: string[] = []
  for (const { kind, data } of entries) {
    if (kind !== 'act.intended' && kind !== 'act.observed') continue
    const { step, act, items } = data as unknown as { step: string; act: string; items: readonly Pick<ActItem, 'key'>[] }
    for (const { key } of items) {
      const of = `${kind} ${step} ${act} ${key}`
      seen.set(of, (seen.get(of) ?? 0) + 1)
      if (seen.get(of) === 2) twice.push(of)
    }
  }
  const open = [...seen.keys()].filter((of) => of.startsWith('act.intended') && !seen.has(of.replace('act.intended', 'act.observed')))
  return [...twice, ...open.map((of) => `never answered: ${of}`)]
}
