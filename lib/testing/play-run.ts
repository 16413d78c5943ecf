import { newId } from '../kernel/id.ts'
import { sleep } from '../kernel/pace.ts'
import type { PreviewView, RunView, StepView } from '../runs/view.ts'

/** Somebody who speaks to the API: by a token, or by the cookie of a session. */
export type Caller = {
  get<T>(path: string): Promise<T>
  send(path: string, body: unknown, key?: string): Promise<{ status: number; body: unknown }>
}

/** Calls `/api/v1` of a server as whoever `headers` say; a 5xx or no answer throws, so that a test decides what that means. */
export function caller(url: string | (() => string), headers: () => Readonly<Record<string, string>>): Caller {
  const base = () => (typeof url === 'string' ? url : url())
  return {
    async get<T>(path: string) {
      const answer = await fetch(`${base()}/api/v1${path}`, { headers: headers() })
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async send(path, body, key = newId()) {
      const answer = await fetch(`${base()}/api/v1${path}`, {
        method: 'POST',
        headers: { ...headers(), 'content-type': 'application/json', origin: base(), 'idempotency-key': key },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      if (answer.status >= 500) throw new Error(`POST ${path}: ${answer.status} ${text}`)
      return { status: answer.status, body: text ? JSON.parse(text) : null }
    },
  }
}

export type Players = { readonly operator: Caller; readonly approver: Caller }

export type Play = {
  /** Called before each command; returning false leaves the run as it is. */
  readonly before?: (run: RunView, step: StepView, command: string) => Promise<boolean | undefined> | boolean | undefined
  readonly maxMs?: number
}

/** Plays a run to its end through the API, taking each step's one next button; answers as proposed, confirms with plain values. */
export async function playRun(players: Players, id: string, play: Play = {}): Promise<RunView> {
  const deadline = Date.now() + (play.maxMs ?? 240_000)
  let last = ''
  while (Date.now() < deadline) {
    const run = await players.operator.get<RunView>(`/runs/${id}`)
    if (run.stage === 'closed') return run
    const step = run.phases
      .flatMap((phase) => phase.steps)
      .find((one) => one.stage !== 'closed' && one.stage !== 'blocked' && wanted(one) !== null)
    const command = step ? wanted(step) : null
    if (step && command) {
      if ((await play.before?.(run, step, command)) === false) return run
      last = `${step.id} ${command}: ${await give(players, run, step, command)}`
    }
    await sleep(120)
  }
  const run = await players.operator.get<RunView>(`/runs/${id}`)
  const open = run.phases.flatMap((phase) => phase.steps).filter((one) => one.stage !== 'closed' && one.stage !== 'blocked')
  throw new Error(
    `the run did not end; last: ${last}; open: ${JSON.stringify(open.map((one) => [one.id, one.stage, one.trouble, one.next, one.checks]))}`,
  )
}

const TAKEN = ['act', 'confirm', 'answer', 'request-approval', 'start', 'retry', 'approve'] as const

function wanted(step: StepView): (typeof TAKEN)[number] | null {
  if (step.stage === 'awaiting-approval') return 'approve'
  // What is so already may be recorded; a player acts all the same, which does nothing to what is so.
  if (step.next[0] === 'record-done' && step.stage !== 'failed' && step.next.includes('act')) return 'act'
  return TAKEN.find((command) => step.next[0] === command) ?? null
}

async function give(players: Players, run: RunView, step: StepView, command: (typeof TAKEN)[number]): Promise<string> {
  const common = { do: command, step: step.id, version: step.version, key: newId() }
  const who = command === 'approve' ? players.approver : players.operator
  const extra = await filled(players, run, step, command)
  if (!extra) return 'waits'
  const answer = await who.send(`/runs/${run.id}/commands`, { ...common, ...extra })
  return `${answer.status} ${JSON.stringify(answer.body)}`
}

async function filled(
  players: Players,
  run: RunView,
  step: StepView,
  command: (typeof TAKEN)[number],
): Promise<Record<string, unknown> | null> {
  if (command === 'act' || command === 'request-approval') {
    const preview = await players.operator.get<PreviewView>(`/runs/${run.id}/steps/${step.id}/preview`)
    return preview.refusal ? null : { digest: preview.digest, typed: run.clusters[0] }
  }
  if (command === 'answer') return { answer: (step.answers.find((one) => one.proposed) ?? step.answers[0])?.value ?? '' }
  if (command === 'confirm') {
    const value = { string: 'as planned', number: 1, boolean: true }
    return { values: Object.fromEntries(step.fields.map((field) => [field.name, value[field.type]])) }
  }
  return {}
}
