import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PlannedStep } from '../runbooks/rules.ts'
import { RunbookDocument } from '../runbooks/schema.ts'
import { decide } from './command-machine.ts'
import type { CommandContext } from './command-rules.ts'
import type { NewRunEntry, RunEntry, Started } from './entry-schema.ts'
import { begin, evolve, fold } from './machine.ts'
import { allClosed, isSatisfied, planOfRun, type RunState, type StepState } from './rules.ts'
import { RunCommand } from './schema.ts'

const document = RunbookDocument.parse({
  apiVersion: 'blackstart.dev/v1',
  kind: 'Runbook',
  metadata: { name: 'sample' },
  spec: {
    title: 'Sample',
    sets: { apps: { kind: 'Application', expect: { max: 10 } } },
    phases: [
      {
        id: 'one',
        steps: [
          {
            id: 'freeze',
            do: { 'argocd.freeze': 'apps' },
            verify: { argocd: 'apps', are: 'frozen' },
            approval: { count: 1 },
            emergency: { why: 'It cannot be frozen.', do: { scale: { set: 'apps', replicas: 0 } } },
          },
          { id: 'beside', beside: 'previous', check: { none: 'apps' } },
          { id: 'choose', ask: 'Which way?', answers: { left: 'left', right: 'right' } },
          { id: 'left', needs: ['choose'], confirm: 'Left.', fields: [{ name: 'who' }] },
          { id: 'right', needs: ['choose'], confirm: 'Right.' },
        ],
      },
      {
        id: 'two',
        gates: [{ id: 'gate', check: { none: 'apps' } }],
        steps: [{ id: 'thaw', do: { 'argocd.thaw': 'apps' }, verify: { ledger: 'empty' } }],
      },
    ],
  },
})

const started: Started = {
  runbook: 'sample',
  hash: 'h',
  document,
  kind: 'incident',
  clusters: [{ name: 'prod', incarnation: '' }],
  incident: 'i',
  drill: null,
  signal: null,
  t0: '2026-01-01T00:00:00.000Z',
  lead: 'lea',
  parameters: {},
  argocd: { namespace: 'argocd' },
  quarantine: { applications: [], applicationSets: [], because: '' },
  tiers: { canary: '', t0: [], t1: [], t2: [], generated: [] },
  badAtT0: [],
  disruptedAt: null,
  detectedAt: null,
  acknowledgedAt: null,
}

const PEOPLE = [
  { id: 'lea', kind: 'person', roles: ['lead'] },
  { id: 'olivia', kind: 'person', roles: ['operator'] },
  { id: 'anton', kind: 'person', roles: ['approver'] },
  { id: 'vera', kind: 'person', roles: ['viewer'] },
  { id: 'robot', kind: 'token', roles: ['operator', 'approver', 'lead'] },
] as const
type Person = (typeof PEOPLE)[number]
const STEPS = ['extra', 'freeze', 'beside', 'choose', 'left', 'right', 'gate', 'thaw', 'nowhere']

/** A run with its entries, grown by commands of people and the words of a driver. */
function grow() {
  const first: RunEntry = {
    kind: 'run.started',
    data: started,
    actor: { kind: 'person', id: 'lea', roles: [] },
    at: '2026-01-01T00:00:00.000Z',
    version: 1,
  }
  const entries: RunEntry[] = [first]
  let run = begin('r', first)
  let minute = 0
  const append = (some: readonly NewRunEntry[], actor: RunEntry['actor']) => {
    for (const entry of some) {
      const stored = {
        ...entry,
        actor,
        at: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
        version: entries.length + 1,
      } as RunEntry
      entries.push(stored)
      run = evolve(run, stored)
    }
  }
  return {
    entries,
    get run() {
      return run
    },
    later: () => void minute++,
    say(person: Person, command: RunCommand): boolean {
      const context: CommandContext = {
        actor: person,
        now: new Date(Date.UTC(2026, 0, 1) + minute * 60_000).toISOString(),
        act: `act-${entries.length}`,
        preview: { digest: 'd', refusal: null },
      }
      const decided = decide(run, command, context)
      if (decided.ok) append(decided.value, { kind: person.kind, id: person.id, roles: [...person.roles] })
      return decided.ok
    },
    /** What the driver may say of a step by its stage, and nothing else. */
    drive(id: string, well: boolean) {
      const step = run.steps[id]
      const planned = planOfRun(run).steps.find((one) => one.id === id)
      if (!step || !planned || run.held || run.stage === 'closed') return
      const system: RunEntry['actor'] = { kind: 'system', id: 'driver', roles: [] }
      if (step.stage === 'ready' && (planned.kind === 'check' || planned.kind === 'wait'))
        append([{ kind: 'step.started', data: { step: id } }], system)
      else if (step.stage === 'acting')
        append(
          [
            well
              ? { kind: 'act.finished', data: { step: id, act: step.act?.id ?? '' } }
              : { kind: 'step.failed', data: { step: id, trouble: 'no' } },
          ],
          system,
        )
      else if (step.stage === 'verifying')
        append(
          well
            ? [
                {
                  kind: 'step.checks-seen',
                  data: { step: id, checks: [{ id: '1', verdict: 'pass', value: '', observedAt: '', object: null, holdsSince: null }] },
                },
                { kind: 'step.verified', data: { step: id } },
              ]
            : [{ kind: 'step.failed', data: { step: id, trouble: 'no' } }],
          system,
        )
    },
  }
}

const someStep = fc.oneof({ weight: 4, arbitrary: fc.constant('freeze') }, { weight: 2, arbitrary: fc.constantFrom(...STEPS) })
const someMove = fc.oneof(
  { weight: 5, arbitrary: fc.record({ drive: someStep, well: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ later: true } as const) },
  {
    weight: 10,
    arbitrary: fc.record({
      who: fc.constantFrom(...PEOPLE),
      do: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('request-approval', 'approve', 'act', 'answer', 'approve-alone') },
        {
          weight: 2,
          arbitrary: fc.constantFrom(
            'claim',
            'release',
            'start',
            'act',
            'confirm',
            'answer',
            'request-approval',
            'approve',
            'decline',
            'approve-alone',
            'record-done',
            'retry',
            'skip',
            'accept-failure',
            'override',
            'undo',
            'emergency',
            'add-step',
            'retry-edited',
            'reopen',
            'pause',
            'resume',
            'resume',
            'advance',
            'comment',
          ),
        },
      ),
      step: someStep,
      stale: fc.nat(9).map((n) => n === 0),
      answer: fc.constantFrom('left', 'right', 'up'),
      typed: fc.constantFrom('prod', 'test'),
    }),
  },
)

function commandOf(run: RunState, move: { do: string; step: string; stale: boolean; answer: string; typed: string }): RunCommand | null {
  const version = (run.steps[move.step]?.version ?? 0) + (move.stale ? 1 : 0)
  const raw = {
    do: move.do,
    key: 'key-of-a-test',
    step: move.step,
    version,
    reason: 'because',
    text: 'text',
    digest: 'd',
    answer: move.answer,
    typed: move.typed,
    values: move.step === 'left' ? { who: 'me' } : {},
  }
  const { version: _v, step: _s, ...ofRun } = raw
  if (move.do === 'add-step') {
    const beside = { [move.answer === 'left' ? 'after' : 'before']: move.step }
    const step =
      move.typed === 'prod'
        ? { id: 'extra', confirm: 'Really.' }
        : { id: 'extra', do: { delete: { set: 'apps' } }, verify: { none: 'apps' } }
    return RunCommand.parse({ ...ofRun, step, ...(move.stale ? {} : beside) })
  }
  if (move.do === 'retry-edited') return RunCommand.parse({ ...raw, do: 'retry', input: { 'argocd.freeze': 'apps' } })
  const parsed = RunCommand.safeParse(['pause', 'resume', 'advance', 'abort', 'comment'].includes(move.do) ? ofRun : raw)
  return parsed.success ? parsed.data : null
}

function checkApproval(entry: Extract<RunEntry, { kind: 'step.approved' }>, planned: PlannedStep, step: StepState): void {
  expect(entry.actor.kind).toBe('person')
  if (!entry.data.alone) return expect(entry.actor.id).not.toBe(step.approval?.requestedBy)
  expect(planned.approval?.alone).not.toBe('never')
  expect(Date.parse(entry.at) - Date.parse(step.approval?.requestedAt ?? '')).toBeGreaterThanOrEqual(5 * 60_000)
}

/** What nobody planned has four eyes when it cannot be taken back, and only the lead leaves the planned way. */
function checkDeviation(entry: RunEntry, planned: PlannedStep): void {
  if (planned.id === 'extra' && planned.action === 'delete') expect(planned.approval).not.toBeNull()
  if (entry.kind === 'step.emergency') expect(entry.actor.id).toBe('lea')
}

function check(entries: readonly RunEntry[], run: RunState): void {
  expect(fold('r', entries)).toEqual(run)
  let at: RunState | null = null
  for (const entry of entries) {
    const before: RunState | null = at
    at = before === null || entry.kind === 'run.started' ? fold('r', entries.slice(0, 1)) : evolve(before, entry)
    if (!before || !('step' in entry.data) || typeof entry.data.step !== 'string') continue
    const planned = planOfRun(before).steps.find((one) => one.id === (entry.data as { step: string }).step)
    const step = before.steps[entry.data.step]
    if (!planned || !step) throw new Error('an entry for a step that is not there')
    if (['step.started', 'step.act-requested', 'step.confirmed', 'step.answered', 'act.finished', 'step.verified'].includes(entry.kind))
      expect(planned.waitsFor.every((need) => isSatisfied(before.steps[need]))).toBe(true)
    if (entry.kind === 'step.approved') checkApproval(entry, planned, step)
    if (entry.kind === 'step.act-requested' && planned.approval && !entry.data.undo)
      expect(step.approval?.approvals.length).toBeGreaterThan(0)
    checkDeviation(entry, planned)
    if (entry.kind === 'step.verified') expect(step.stage).toBe('verifying')
    if (entry.kind !== 'run.commented') expect(entry.actor.id).not.toBe('vera')
  }
  for (const step of Object.values(run.steps)) expect(step.stage === 'closed').toBe(step.outcome !== null)
  expect(run.stage === 'closed').toBe(run.outcome !== null)
}

test('whatever people and the driver do: needs come first, approvals have four eyes, and the fold is the state', () => {
  fc.assert(
    fc.property(fc.array(someMove, { minLength: 30, maxLength: 150, size: 'max' }), (moves) => {
      const it = grow()
      for (const move of moves) {
        if ('drive' in move) it.drive(move.drive, move.well)
        else if ('later' in move) for (let i = 0; i < 6; i++) it.later()
        else {
          const command = commandOf(it.run, move)
          if (command) it.say(move.who, command)
        }
      }
      check(it.entries, it.run)
    }),
    { numRuns: 600 },
  )
})

test('a stale command is refused and leaves nothing', () => {
  const it = grow()
  const version = it.run.steps.freeze?.version ?? 0
  expect(it.say(PEOPLE[1], { do: 'request-approval', key: 'key-key-1', step: 'freeze', version })).toBe(true)
  const count = it.entries.length
  expect(it.say(PEOPLE[2], { do: 'approve', key: 'key-key-2', step: 'freeze', version })).toBe(false)
  expect(it.entries.length).toBe(count)
})

test('the branch that an answer leaves out is not applicable, and the phase after opens without it', () => {
  const it = grow()
  const at = (id: string) => it.run.steps[id]?.version ?? 0
  it.say(PEOPLE[1], { do: 'request-approval', key: 'key-key-1', step: 'freeze', version: at('freeze') })
  it.say(PEOPLE[2], { do: 'approve', key: 'key-key-2', step: 'freeze', version: at('freeze') })
  it.say(PEOPLE[1], { do: 'act', key: 'key-key-3', step: 'freeze', version: at('freeze'), digest: 'd' })
  for (const id of ['freeze', 'freeze', 'beside', 'beside']) it.drive(id, true)
  expect(it.say(PEOPLE[1], { do: 'answer', key: 'key-key-4', step: 'choose', version: at('choose'), answer: 'right' })).toBe(true)
  expect(it.run.steps.left).toMatchObject({ stage: 'closed', outcome: 'not-applicable' })
  expect(it.run.steps.thaw?.stage).toBe('blocked')
  it.say(PEOPLE[1], { do: 'confirm', key: 'key-key-5', step: 'right', version: at('right'), values: {} })
  it.drive('gate', true)
  it.drive('gate', true)
  expect(it.run.steps.thaw?.stage).toBe('ready')
  expect(allClosed(it.run)).toBe(false)
})
