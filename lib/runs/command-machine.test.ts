import { expect, test } from 'vitest'
import { RunbookDocument } from '../runbooks/schema.ts'
import { decide } from './command-machine.ts'
import type { CommandContext } from './command-rules.ts'
import type { RunEntries, RunEntry, RunEntryKind, Started } from './entry-schema.ts'
import { begin, evolve } from './machine.ts'
import { isHeld, plannedStep, type RunState } from './rules.ts'
import type { RunCommand, RunKind } from './schema.ts'

const document = RunbookDocument.parse({
  apiVersion: 'blackstart.dev/v1',
  kind: 'Runbook',
  metadata: { name: 'sample' },
  spec: {
    title: 'Sample',
    sets: { apps: { kind: 'Application', expect: { max: 10 } } },
    steps: [
      {
        id: 'freeze',
        do: { 'argocd.freeze': 'apps' },
        verify: { none: 'apps' },
        approval: { alone: { after: '5m' } },
        holds: 'until:thaw',
      },
      { id: 'thaw', do: { 'argocd.thaw': 'apps' }, verify: { none: 'apps' } },
      { id: 'end', do: { finalizeNamespace: { name: 'argocd' } }, verify: { none: 'apps' }, needs: [] },
    ],
  },
})

const START = '2026-01-01T00:00:00.000Z'
const lea = { id: 'lea', kind: 'person', roles: ['operator'] } as const
const olivia = { id: 'olivia', kind: 'person', roles: ['operator'] } as const
const bootstrap = { id: 'bootstrap', kind: 'bootstrap', roles: ['administrator'] } as const

function runOf(kind: RunKind): RunState {
  const data: Started = {
    runbook: 'sample',
    hash: 'h',
    document,
    kind,
    clusters: [{ name: 'prod', incarnation: 'k1' }],
    incident: 'i',
    drill: null,
    signal: null,
    t0: START,
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
  return begin('r', { kind: 'run.started', data, actor: { kind: 'person', id: 'lea', roles: [] }, at: START, version: 1 })
}

function after<K extends RunEntryKind>(run: RunState, kind: K, data: RunEntries[K], by: string = 'olivia'): RunState {
  const entry = { kind, data, actor: { kind: 'person', id: by, roles: [] }, at: START, version: run.version + 1 } as unknown as RunEntry
  return evolve(run, entry)
}

function ask(run: RunState, actor: CommandContext['actor'], command: RunCommand, minutes = 0) {
  const now = new Date(Date.parse(START) + minutes * 60_000).toISOString()
  return decide(run, command, { actor, now, act: 'act-1', preview: null })
}

const key = 'key-12345'
const alone = (run: RunState, typed: string, step = 'freeze'): RunCommand => ({
  do: 'approve-alone',
  key,
  step,
  version: run.steps[step]?.version ?? 0,
  typed,
  reason: 'nobody else is awake',
})

test('after its time only the lead goes on alone, and only with the typed name of the cluster', () => {
  const asked = after(runOf('incident'), 'step.approval-requested', { step: 'freeze', digest: 'd' }, 'lea')
  expect(ask(asked, lea, alone(asked, 'prod'), 4)).toMatchObject({ ok: false, error: { code: 'not-now' } })
  expect(ask(asked, olivia, alone(asked, 'prod'), 6)).toMatchObject({ ok: false, error: { code: 'not-permitted' } })
  expect(ask(asked, lea, alone(asked, 'Prod'), 6)).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  expect(ask(asked, lea, alone(asked, 'prod'), 6)).toMatchObject({
    ok: true,
    value: [{ kind: 'step.approved', data: { alone: true, reason: 'nobody else is awake' } }],
  })
})

test('forced finalizing is never approved alone', () => {
  const asked = after(runOf('incident'), 'step.approval-requested', { step: 'end', digest: 'd' }, 'olivia')
  expect(ask(asked, lea, alone(asked, 'prod', 'end'), 600)).toMatchObject({ ok: false, error: { code: 'not-permitted' } })
})

test('the bootstrap token approves and overrides in drills only', () => {
  for (const [kind, may] of [
    ['incident', false],
    ['drill', true],
  ] as const) {
    const asked = after(runOf(kind), 'step.approval-requested', { step: 'freeze', digest: 'd' })
    const version = asked.steps.freeze?.version ?? 0
    expect(ask(asked, bootstrap, { do: 'approve', key, step: 'freeze', version }).ok).toBe(may)
    expect(ask(asked, bootstrap, alone(asked, 'prod'), 6).ok).toBe(may)
    const failed = after(asked, 'step.failed', { step: 'freeze', trouble: 'no' })
    const over: RunCommand = {
      do: 'override',
      key,
      step: 'freeze',
      version: failed.steps.freeze?.version ?? 0,
      typed: 'prod',
      reason: 'seen by eye',
    }
    expect(ask(failed, bootstrap, over).ok).toBe(may)
  }
})

test('a hold ends when its until step begins to act, and stays ended when that act fails', () => {
  const verified = after(runOf('drill'), 'step.verified', { step: 'freeze' })
  const freeze = plannedStep(verified, 'freeze')
  if (!freeze) throw new Error('no such step')
  expect(isHeld(verified, freeze)).toBe(true)
  const acting = after(verified, 'step.act-requested', { step: 'thaw', digest: 'd', act: 'a', undo: false, reason: '' })
  expect(isHeld(acting, freeze)).toBe(false)
  const failed = after(acting, 'step.failed', { step: 'thaw', trouble: 'no' })
  expect(isHeld(failed, freeze)).toBe(false)
  expect(isHeld(after(failed, 'step.retried', { step: 'thaw' }), freeze)).toBe(false)
})
