import { expect, test } from 'vitest'
import { RunbookDocument } from '../runbooks/schema.ts'
import { decide } from './command-machine.ts'
import type { CommandContext } from './command-rules.ts'
import type { NewRunEntry, RunEntry, Started } from './entry-schema.ts'
import { begin, evolve } from './machine.ts'
import { outcomeOf, plannedStep, planOfRun, type RunState } from './rules.ts'
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
          { id: 'first', confirm: 'First.' },
          { id: 'second', do: { scale: { set: 'apps', replicas: 0 } }, verify: { none: 'apps' } },
        ],
      },
      {
        id: 'two',
        steps: [
          {
            id: 'ends',
            check: { namespaceGone: 'argocd' },
            emergency: { why: 'It is held for ever.', do: { finalizeNamespace: { name: 'argocd' } } },
          },
        ],
      },
    ],
  },
})
const AT = '2026-01-01T00:00:00.000Z'
const LEA = { id: 'lea', kind: 'person', roles: ['lead'] } as const
const OLIVIA = { id: 'olivia', kind: 'person', roles: ['operator'] } as const
const ROBOT = { id: 'robot', kind: 'token', roles: ['administrator'] } as const

function started(): RunState {
  const data = {
    runbook: 'sample',
    hash: 'h',
    document,
    kind: 'incident',
    clusters: [{ name: 'prod', incarnation: '' }],
    incident: 'i',
    lead: 'lea',
    t0: AT,
    argocd: { namespace: 'argocd' },
  } as unknown as Started
  return begin('r', { kind: 'run.started', data, actor: { kind: 'person', id: 'lea', roles: [] }, at: AT, version: 1 })
}

function append(run: RunState, entries: readonly NewRunEntry[], who: CommandContext['actor'] = OLIVIA): RunState {
  const actor = { kind: who.kind, id: who.id, roles: [...who.roles] }
  return entries.reduce((now, entry) => evolve(now, { ...entry, actor, at: AT, version: now.version + 1 } as RunEntry), run)
}

function say(run: RunState, who: CommandContext['actor'], command: Record<string, unknown>) {
  const id = typeof command.step === 'string' ? command.step : ''
  const parsed = RunCommand.parse({ key: 'key-of-a-test', ...(id ? { version: run.steps[id]?.version ?? 0 } : {}), ...command })
  const decided = decide(run, parsed, { actor: who, now: AT, act: 'act', preview: null })
  return decided.ok ? { run: append(run, decided.value, who), refused: null } : { run, refused: decided.error }
}

test('an added step stands beside what goes on, holds up the phases after it, and is known as added', () => {
  const { run } = say(started(), OLIVIA, { do: 'add-step', step: { title: 'Tell the bank', confirm: 'Call them.' }, reason: 'they asked' })
  expect(run.steps['tell-the-bank']).toMatchObject({ stage: 'ready', version: 2 })
  expect(run.addedBy).toEqual({ 'tell-the-bank': 'olivia' })
  expect(plannedStep(run, 'ends')?.waitsFor).toContain('tell-the-bank')
  expect(planOfRun(run).phases[0]?.steps).toEqual(['first', 'second', 'tell-the-bank'])
})

test('what is added before a step holds that step up, unless it has begun', () => {
  const { run } = say(started(), OLIVIA, { do: 'add-step', step: { id: 'look', confirm: 'Look.' }, before: 'first' })
  expect(run.steps).toMatchObject({ look: { stage: 'ready' }, first: { stage: 'blocked' } })
  expect(planOfRun(run).steps.map((step) => step.id)).toEqual(['look', 'first', 'second', 'ends'])
  const begun = append(started(), [{ kind: 'step.started', data: { step: 'first' } }])
  expect(say(begun, OLIVIA, { do: 'add-step', step: { id: 'look', confirm: 'Look.' }, before: 'first' }).refused?.code).toBe('not-now')
})

test('an added act brings its bounded set along, and has four eyes when it cannot be taken back', () => {
  const step = { id: 'clear', do: { delete: { set: 'jobs' } }, verify: { none: 'jobs' } }
  const add = { do: 'add-step', step }
  expect(say(started(), OLIVIA, add).refused).toMatchObject({ code: 'bad-input', message: expect.stringContaining('there is no set jobs') })
  expect(say(started(), OLIVIA, { ...add, sets: { jobs: { kind: 'Job' } } }).refused?.message).toContain('no upper bound')
  const { run } = say(started(), OLIVIA, { ...add, sets: { jobs: { kind: 'Job', expect: { max: 3 } } } })
  expect(plannedStep(run, 'clear')).toMatchObject({ action: 'delete', typed: true, approval: { from: 'approver', count: 1 } })
})

test.each([
  [{ step: { id: 'first', confirm: 'Again.' } }, 'there is a step first already'],
  [{ step: { id: 'ask', ask: 'What?', answers: { a: null, b: null } } }, 'exactly one of check, confirm and do'],
  [{ step: { id: 'x', confirm: 'X.' }, after: 'ends', before: 'first' }, 'wait for what waits for it'],
  [{ step: { id: 'x', confirm: 'X.' }, after: 'nowhere' }, 'there is no step nowhere'],
  [{ step: { id: 'x', check: { every: 'apps', is: 'object.((' } } }, 'not CEL'],
])('%j is not added', (what, why) => {
  expect(say(started(), OLIVIA, { do: 'add-step', ...what }).refused).toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining(why),
  })
})

function atTheEnd(): RunState {
  const closed = ['first', 'second'].map((step): NewRunEntry => ({ kind: 'step.skipped', data: { step, reason: 'not needed' } }))
  return append(started(), [...closed, { kind: 'step.started', data: { step: 'ends' } }])
}

test('the emergency way is chosen by the lead, openly, turns a check into its act, and is never approved alone', () => {
  const run = atTheEnd()
  const way = { do: 'emergency', step: 'ends', typed: 'prod', reason: 'it hangs' }
  expect(say(run, OLIVIA, way).refused?.code).toBe('not-permitted')
  expect(say(run, ROBOT, way).refused?.code).toBe('not-permitted')
  expect(say(run, LEA, { ...way, typed: 'test' }).refused?.code).toBe('bad-input')
  const chosen = say(run, LEA, way).run
  expect(plannedStep(chosen, 'ends')).toMatchObject({ kind: 'do', action: 'finalizeNamespace', typed: true, approval: { alone: 'never' } })
  expect(plannedStep(chosen, 'ends')?.checks).toEqual([{ namespaceGone: 'argocd' }])
  expect(chosen.steps.ends).toMatchObject({ stage: 'ready', attempt: 2, reason: 'it hangs' })
  expect(say(chosen, LEA, way).refused?.code).toBe('not-now')
  expect(say(chosen, LEA, { do: 'emergency', step: 'second', typed: 'prod', reason: 'it hangs' }).refused?.message).toBe(
    'this step has no emergency way',
  )
})

test('a failed act is tried again with other input of the same kind, for a reason', () => {
  const run = append(started(), [
    { kind: 'step.confirmed', data: { step: 'first', values: {} } },
    { kind: 'step.failed', data: { step: 'second', trouble: 'no' } },
  ])
  const retry = { do: 'retry', step: 'second', input: { scale: { set: 'apps', replicas: 1 } } }
  expect(say(run, OLIVIA, retry).refused?.message).toContain('reason')
  expect(say(run, OLIVIA, { ...retry, reason: 'one is enough', input: { delete: { set: 'apps' } } }).refused?.message).toContain(
    'it stays scale',
  )
  const again = say(run, OLIVIA, { ...retry, reason: 'one is enough' }).run
  expect(plannedStep(again, 'second')?.source.do).toEqual({ scale: { set: 'apps', replicas: 1 } })
  expect(again.steps.second).toMatchObject({ stage: 'ready', attempt: 2 })
  expect(outcomeOf(again, 0)).toBe('completed')
})
