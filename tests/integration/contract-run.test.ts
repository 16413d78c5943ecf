import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#lib/kernel/id'
import type { ReviewView } from '#lib/reviews/view'
import type { PreviewView, RunView, StepView } from '#lib/runs/view'
import { eventually } from '#lib/testing/wait'
import { type ApiStage, BOOTSTRAP, type Client, setApiStage } from './api-stage.ts'

let stage: ApiStage
let admin: Client
let run: string

beforeAll(async () => {
  stage = await setApiStage('contract-run')
  admin = stage.admin
  await eventually(
    async () => (await admin.get<{ impact: { healthy: number } }>('/situation')).body.impact.healthy,
    (healthy) => healthy > 100,
    90_000,
  )
})
afterAll(() => stage?.end())

async function view(): Promise<RunView> {
  return (await admin.get<RunView>(`/runs/${run}`)).body
}
async function step(id: string): Promise<StepView> {
  const found = (await view()).phases.flatMap((phase) => phase.steps).find((one) => one.id === id)
  if (!found) throw new Error(`no step ${id}`)
  return found
}
function say(command: Record<string, unknown>) {
  return admin.post(`/runs/${run}/commands`, { key: newId(), ...command }, {})
}
async function sayOf(id: string, command: Record<string, unknown>) {
  return say({ step: id, version: (await step(id)).version, ...command })
}
const TAKEN = { status: 202, body: { version: expect.any(Number), entries: expect.any(Number) } }
const refused = (status: number, code: string) => ({ status, body: { code, status, detail: expect.any(String) } })

test('POST /runs starts a run: 201 with the run; the same key the same run; another start 409 with the open run', async () => {
  const start = { runbook: 'argocd-namespace-deleted', kind: 'incident', clusters: ['prod-eu'], parameters: {}, key: newId() }
  const first = await admin.post<RunView>('/runs', start, {})
  expect(first.status, first.text.slice(0, 300)).toBe(201)
  run = first.body.id
  expect(first.body).toMatchObject({
    version: expect.any(Number),
    runbook: 'argocd-namespace-deleted',
    kind: 'incident',
    clusters: ['prod-eu'],
    stage: 'running',
    outcome: null,
    held: null,
    waitingFor: 'person',
    lead: 'bootstrap',
    clocks: {
      disruptedAt: null,
      detectedAt: null,
      acknowledgedAt: null,
      closedAt: null,
      startedAt: expect.any(String),
      rtoAt: expect.any(String),
      projectedFinishAt: expect.any(String),
    },
    observedAt: expect.any(String),
    freshness: 'live',
    ledger: [],
  })
  const [contain] = first.body.phases
  expect(contain?.steps[0]).toMatchObject({
    id: 'stop-controllers',
    title: expect.any(String),
    kind: 'do',
    stage: 'ready',
    outcome: null,
    version: expect.any(Number),
    attempt: 1,
    claimedBy: null,
    needs: [],
    reversible: 'reversible',
    checks: [{ id: '1', verdict: null, observedAt: null, object: null }],
    items: [],
    approval: null,
    takes: '1m',
    kubectl: expect.any(Array),
  })
  expect(first.body.services.length).toBeGreaterThan(50)
  expect(first.body.services[0]).toMatchObject({ id: expect.any(String), impact: expect.any(String), recoveredAt: null })

  expect(await admin.post('/runs', start, {})).toMatchObject({ status: 201, body: { id: run } })
  expect(await admin.post('/runs', { ...start, kind: 'tabletop' }, {})).toMatchObject(refused(422, 'key-reused'))
  expect(await admin.post('/runs', { ...start, key: newId() }, {})).toMatchObject({ ...refused(409, 'run-open'), body: { run } })
  expect(await admin.post('/runs', { ...start, clusters: ['none'], key: newId() }, {})).toMatchObject(refused(404, 'not-found'))
  expect(await admin.post('/runs', { ...start, kind: 'drill', key: newId() }, {})).toMatchObject(refused(400, 'bad-input'))
  expect(await admin.post('/runs', { ...start, key: undefined }, {})).toMatchObject({ status: 400, body: { errors: [{ path: 'key' }] } })
  expect((await admin.get<{ items: { id: string }[] }>('/runs')).body.items.map((one) => one.id)).toEqual([run])
})

test('commands of the run: 202 with version and entries; a repeat, a reuse, a stale version, and the moment that does not fit', async () => {
  const { version } = await view()
  const pause = { do: 'pause', reason: 'somebody calls', version, key: newId() }
  const first = await say(pause)
  expect(first).toMatchObject(TAKEN)
  expect(await say(pause)).toMatchObject({ status: 202, body: first.body })
  expect(await say({ ...pause, reason: 'another' })).toMatchObject(refused(422, 'key-reused'))
  expect(await view()).toMatchObject({ held: { by: 'bootstrap', reason: 'somebody calls', since: expect.any(String) } })
  expect(await say({ do: 'resume', version })).toMatchObject({
    ...refused(409, 'stale-version'),
    body: { yours: version, current: expect.any(Number) },
  })
  expect(await say({ do: 'pause' })).toMatchObject(refused(409, 'not-now'))
  expect(await say({ do: 'resume' })).toMatchObject(TAKEN)
  expect(await say({ do: 'comment', text: 'We are on it.' })).toMatchObject(TAKEN)
  expect(await say({ do: 'comment', step: 'classify', text: 'Odd.' })).toMatchObject(TAKEN)
  expect(await say({ do: 'note', at: '2026-01-01T00:00:00.000Z', text: 'Called the provider.' })).toMatchObject(TAKEN)
  expect(await say({ do: 'assign-role', role: 'approver', person: 'anton' })).toMatchObject(TAKEN)
  expect(await say({ do: 'offer-handover', to: 'anton', text: 'Good night.' })).toMatchObject(TAKEN)
  expect(await say({ do: 'accept-handover' })).toMatchObject(refused(409, 'not-now'))
  expect(await say({ do: 'cleanup' })).toMatchObject(refused(409, 'not-now'))
  expect(await say({ do: 'abort' })).toMatchObject({
    status: 400,
    body: { detail: 'reason: it is missing', errors: [{ path: 'reason', message: 'it is missing' }] },
  })
  expect(await say({ do: 'dance' })).toMatchObject({ status: 400, body: { code: 'bad-input', errors: [{ path: 'do' }] } })
  expect(await admin.post(`/runs/${run}/commands`, { do: 'resume' }, {})).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'key' }] },
  })
})

test('commands of a step: claimed, started, confirmed, skipped with a reason, opened again', async () => {
  const id = 'nobody-reinstalls'
  expect(await sayOf(id, { do: 'claim' })).toMatchObject(TAKEN)
  expect((await step(id)).claimedBy).toBe('bootstrap')
  expect(await sayOf(id, { do: 'release' })).toMatchObject(TAKEN)
  expect(await sayOf(id, { do: 'start' })).toMatchObject(TAKEN)
  expect(await sayOf(id, { do: 'confirm', values: { told: 7 } })).toMatchObject(refused(400, 'bad-input'))
  expect(await sayOf(id, { do: 'confirm', version: 1, values: {} })).toMatchObject(refused(409, 'stale-version'))
  expect(await sayOf(id, { do: 'confirm', values: { told: 'everybody' } })).toMatchObject(TAKEN)
  expect(await step(id)).toMatchObject({ stage: 'closed', outcome: 'confirmed' })
  expect(await sayOf(id, { do: 'confirm', values: {} })).toMatchObject(refused(409, 'not-now'))
  expect(await sayOf(id, { do: 'reopen', reason: 'somebody was not told' })).toMatchObject(TAKEN)
  expect(await step(id)).toMatchObject({ stage: 'ready', attempt: 2 })
  expect(await sayOf(id, { do: 'skip' })).toMatchObject({ status: 400, body: { errors: [{ path: 'reason' }] } })
  expect(await sayOf(id, { do: 'skip', reason: 'not needed' })).toMatchObject(TAKEN)
  expect(await step(id)).toMatchObject({ outcome: 'skipped', reason: 'not needed' })
  // A version is compared where one is given; a script that knows no better gives none.
  expect(await say({ do: 'skip', step: 'namespace-ends', reason: 'too early for it' })).toMatchObject(TAKEN)
  expect(await say({ do: 'claim', step: 'nowhere' })).toMatchObject(refused(404, 'not-found'))
})

test('an act: previewed without a change, refused when it is not what was looked at, carried out, verified, taken back', async () => {
  const id = 'keep-volumes'
  const preview = (await admin.get<PreviewView>(`/runs/${run}/steps/${id}/preview`)).body
  expect(preview).toMatchObject({
    digest: expect.any(String),
    validUntil: expect.any(String),
    refusal: null,
    controllers: expect.any(Array),
  })
  expect(preview.dryRun.length).toBeGreaterThan(0)
  expect(preview.dryRun[0]).toMatchObject({
    ok: true,
    object: { kind: 'PersistentVolume', uid: expect.any(String) },
    diff: expect.any(Array),
  })
  expect(preview.kubectl.join('\n')).toContain('kubectl patch')
  const other = await sayOf(id, { do: 'act', digest: 'something-else.1' })
  expect(other).toMatchObject({
    ...refused(422, 'changed-since-preview'),
    body: { preview: { digest: preview.digest, dryRun: preview.dryRun } },
  })
  expect(await sayOf(id, { do: 'act', digest: preview.digest })).toMatchObject(TAKEN)
  const done = await eventually(
    () => step(id),
    (one) => one.stage === 'closed',
    60_000,
  )
  expect(done).toMatchObject({ outcome: 'verified', claimedBy: 'bootstrap' })
  expect(done.checks[0]).toMatchObject({ verdict: 'pass', observedAt: expect.any(String), value: expect.any(String) })
  const inForce = (await admin.get<{ items: unknown[] }>('/ledger')).body.items
  expect(inForce.length).toBe(done.items.filter((one) => one.state === 'done').length)
  expect(done.next).toContain('undo')
  expect(await sayOf(id, { do: 'undo', reason: 'wrong cluster' })).toMatchObject(TAKEN)
  await eventually(
    async () => (await admin.get<{ items: unknown[] }>('/ledger')).body.items.length,
    (open) => open === 0,
    60_000,
  )
})

test('an approval is asked for, and no token approves or overrides outside drills', async () => {
  for (const id of ['stop-controllers', 'classify'])
    if ((await step(id)).stage !== 'closed') await sayOf(id, { do: 'skip', reason: 'not needed' })
  expect(await sayOf('situation', { do: 'answer', answer: 'perhaps' })).toMatchObject(refused(400, 'bad-input'))
  expect(await sayOf('situation', { do: 'answer', answer: 'all-running' })).toMatchObject(TAKEN)
  const id = 'release-applications'
  expect(await sayOf(id, { do: 'act', digest: 'd' })).toMatchObject(refused(409, 'not-now'))
  expect(await sayOf(id, { do: 'request-approval' })).toMatchObject(TAKEN)
  expect(await step(id)).toMatchObject({
    stage: 'awaiting-approval',
    approval: { from: 'approver', count: 1, requestedBy: 'bootstrap', approvals: [], aloneAfter: expect.any(String), aloneNever: false },
  })
  expect(await sayOf(id, { do: 'approve' })).toMatchObject(refused(403, 'not-permitted'))
  expect(await sayOf(id, { do: 'approve-alone', typed: 'prod-eu', reason: 'alone' })).toMatchObject(refused(403, 'not-permitted'))
  expect(await sayOf(id, { do: 'override', typed: 'prod-eu', reason: 'seen' })).toMatchObject(refused(403, 'not-permitted'))
  expect(await sayOf(id, { do: 'emergency', typed: 'prod-eu', reason: 'stuck' })).toMatchObject(refused(409, 'not-now'))
})

test('a step is added while it runs, and shown as a deviation', async () => {
  const added = await say({
    do: 'add-step',
    step: { id: 'call-the-bank', title: 'Call the bank', confirm: 'Call them.' },
    reason: 'they asked',
  })
  expect(added).toMatchObject(TAKEN)
  expect(await step('call-the-bank')).toMatchObject({ stage: 'ready', kind: 'confirm', addedBy: 'bootstrap' })
  const broken = await say({ do: 'add-step', step: { id: 'more', check: { every: 'nothing', is: 'true' } } })
  expect(broken).toMatchObject(refused(400, 'bad-input'))
})

test('a file is put beside the run: its hash in the chain, its content as it was, limits on type and size', async () => {
  const text = Buffer.from('kubectl get ns argocd: Terminating')
  const sha256 = createHash('sha256').update(text).digest('hex')
  const file = { name: 'seen.txt', type: 'text/plain', data: text.toString('base64'), step: 'call-the-bank', note: 'from my terminal' }
  const first = await admin.post(`/runs/${run}/evidence`, file)
  expect(first).toMatchObject({
    status: 201,
    body: { name: 'seen.txt', size: text.length, sha256, step: 'call-the-bank', by: 'bootstrap', at: expect.any(String) },
  })
  const form = new FormData()
  form.set('file', new File(['a,b'], 'figures.csv', { type: 'text/csv' }))
  const sent = await fetch(`${stage.url}/api/v1/runs/${run}/evidence`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BOOTSTRAP}`, 'idempotency-key': newId() },
    body: form,
  })
  expect(sent.status).toBe(201)
  const listed = (await admin.get<{ items: { id: string; name: string }[]; next: string | null }>(`/runs/${run}/evidence`)).body
  expect(listed.items.map((one) => one.name)).toEqual(['seen.txt', 'figures.csv'])
  const back = await admin.get(`/runs/${run}/evidence/${listed.items[0]?.id}`)
  expect([back.status, back.text, back.headers.get('content-disposition')]).toEqual([
    200,
    text.toString(),
    "attachment; filename*=UTF-8''seen.txt",
  ])
  expect(back.headers.get('content-security-policy')).toContain('sandbox')
  const entries = (await admin.get<{ items: { kind: string; data: Record<string, unknown> }[] }>(`/runs/${run}/entries`)).body.items
  expect(entries.find((one) => one.kind === 'run.evidence-added')?.data).toEqual({
    evidence: listed.items[0]?.id,
    sha256,
    size: text.length,
    type: 'text/plain',
    step: 'call-the-bank',
  })
  const page = { ...file, type: 'text/html' }
  expect(await admin.post(`/runs/${run}/evidence`, page)).toMatchObject({ status: 400, body: { errors: [{ path: 'type' }] } })
  const large = { ...file, data: Buffer.alloc(5_000_001).toString('base64') }
  expect(await admin.post(`/runs/${run}/evidence`, large)).toMatchObject(refused(413, 'too-large'))
  expect(await admin.get(`/runs/${run}/evidence/${newId()}`)).toMatchObject(refused(404, 'not-found'))
  expect(await sayOf('call-the-bank', { do: 'confirm', values: {}, evidence: [newId()] })).toMatchObject(refused(400, 'bad-input'))
  expect(await sayOf('call-the-bank', { do: 'confirm', values: {}, evidence: [listed.items[0]?.id] })).toMatchObject(TAKEN)
})

test('the review tells planned and actual, deviations with their reasons, and what it rests on, as data and as Markdown', async () => {
  const { status, body } = await admin.get<ReviewView>(`/runs/${run}/review`)
  expect([status, body.run, body.kind, body.lead]).toEqual([200, run, 'incident', 'Bootstrap token'])
  expect(body.steps.find((one) => one.id === 'keep-volumes')).toMatchObject({
    plannedMs: 10_000,
    actualMs: expect.any(Number),
    attempts: 2,
  })
  expect(body.deviations).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ what: 'held-up', reason: 'somebody calls' }),
      expect.objectContaining({ what: 'reopened', step: 'nobody-reinstalls', reason: 'somebody was not told' }),
      expect.objectContaining({ what: 'undone', step: 'keep-volumes', reason: 'wrong cluster' }),
      expect.objectContaining({ what: 'added', step: 'call-the-bank', title: 'Call the bank', reason: 'they asked' }),
    ]),
  )
  expect(body.evidence.map((one) => one.name)).toEqual(['seen.txt', 'figures.csv'])
  expect(body.timeline.length).toBeGreaterThan(30)
  const loose = JSON.stringify(body)
    .match(/"\d{4}-\d\d-\d\dT[^"]*"/g)
    ?.filter((at) => !/\.\d{3}Z"$/.test(at))
  expect(loose).toEqual([])
  const document = await admin.get(`/runs/${run}/review.md`)
  expect(document.headers.get('content-type')).toContain('text/markdown')
  expect(document.text).toMatch(/^# Argo CD's namespace was deleted\n/)
  for (const section of ['First cause', 'Services', 'Planned and actual', 'Deviations', 'Evidence', 'Timeline'])
    expect(document.text).toContain(`## ${section}`)
  expect(document.text).toContain('| added | Call the bank | Bootstrap token | they asked |')
})

test('after abort the run is closed: its entries stand in order, and it takes comments only', async () => {
  expect(await say({ do: 'abort', reason: 'only a rehearsal of the contract' })).toMatchObject(TAKEN)
  expect(await view()).toMatchObject({
    stage: 'closed',
    outcome: 'aborted',
    clocks: { closedAt: expect.any(String), projectedFinishAt: null },
  })
  expect(await say({ do: 'resume' })).toMatchObject(refused(409, 'run-closed'))
  expect(await say({ do: 'comment', text: 'Thank you all.' })).toMatchObject(TAKEN)
  const entries = (
    await admin.get<{ items: { streamVersion: number; kind: string; hash: string; actor: { id: string } }[] }>(`/runs/${run}/entries`)
  ).body.items
  expect(entries.map((one) => one.streamVersion)).toEqual(entries.map((_, i) => i + 1))
  expect(entries.map((one) => one.kind)).toEqual(
    expect.arrayContaining(['run.started', 'run.held', 'act.intended', 'act.observed', 'run.closed', 'run.commented']),
  )
  expect(await admin.post('/audit/verify', { fold: true }, {})).toMatchObject({ status: 200, body: { ok: true, bad: null } })
})
