import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { once } from '../kernel/once.ts'
import type { CelAnswer, CelTask } from './cel-worker.ts'

export type Evaluated = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string }
export type Bindings = Readonly<Record<string, unknown>>

/** What one expression may take on one object, in ms of its own computing time. */
const LIMIT_MS = 100
/** A busy machine may not give the worker its share at once; nothing waits longer than this for one object. */
const PATIENCE_MS = 3_000
const TOO_EXPENSIVE = `too expensive: it took more than ${LIMIT_MS} ms on one object`

type Job = { readonly task: CelTask; readonly results: Evaluated[]; readonly total: number; readonly done: (results: Evaluated[]) => void }
type Bench = {
  worker: Worker | null
  ready: boolean
  queue: Job[]
  active: Job | null
  timer: NodeJS.Timeout | null
  since: number
  cpu: number
  next: number
}

const bench = (): Bench =>
  once('runbooks.cel', () => ({ worker: null, ready: false, queue: [], active: null, timer: null, since: 0, cpu: 0, next: 1 }))

function hire(): Worker {
  const worker = new Worker(join(/* turbopackIgnore: true */ process.cwd(), 'lib/runbooks/cel-worker.ts'), {
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  worker.unref()
  bench().ready = false
  worker.on('message', (answer: CelAnswer | 'ready') => (answer === 'ready' ? began(worker) : heard(answer)))
  worker.on('error', (error) => broke(error.message, worker))
  return worker
}

/** Loading is not computing: the limits count from here. */
function began(worker: Worker): void {
  const b = bench()
  if (b.worker !== worker) return
  b.ready = true
  b.since = Date.now()
  b.cpu = -1
}

/** The worker's computing time so far, in ms. */
async function spent(worker: Worker): Promise<number> {
  const usage = await worker.cpuUsage()
  return (usage.user + usage.system) / 1000
}

function heard(answer: CelAnswer): void {
  const b = bench()
  const job = b.active
  if (!job || job.task.id !== answer.id) return
  job.results.push(answer.ok ? { ok: true, value: answer.value } : { ok: false, why: answer.why })
  b.since = Date.now()
  b.cpu = -1
  if (job.results.length === job.total) finish()
}

function broke(why: string, worker: Worker): void {
  const b = bench()
  if (b.worker !== worker) return
  b.worker = null
  if (b.active) passOver(why)
}

/** The object at hand gets no answer; a new worker goes on with the next. */
function passOver(why: string): void {
  const b = bench()
  const job = b.active
  if (!job) return
  job.results.push({ ok: false, why })
  void b.worker?.terminate()
  b.worker = null
  if (job.results.length === job.total) return finish()
  const rest = job.task.objects?.slice(job.results.length) ?? null
  b.active = { ...job, task: { ...job.task, id: b.next++, objects: rest } }
  post(b.active.task)
}

function finish(): void {
  const b = bench()
  const job = b.active
  b.active = null
  if (b.timer) clearTimeout(b.timer)
  b.timer = null
  job?.done(job.results)
  begin()
}

function post(task: CelTask): void {
  const b = bench()
  b.worker ??= hire()
  b.since = Date.now()
  b.cpu = -1
  b.worker.postMessage(task)
  if (b.timer) clearTimeout(b.timer)
  b.timer = setTimeout(watch, LIMIT_MS)
}

async function watch(): Promise<void> {
  const b = bench()
  const { worker, active } = b
  if (!worker || !active) return
  const seen = active.results.length
  const waited = Date.now() - b.since
  const cpu = await spent(worker).catch(() => 0)
  if (b.active !== active || b.worker !== worker) return
  if (b.ready && active.results.length === seen && b.cpu >= 0 && (cpu - b.cpu > LIMIT_MS || waited > PATIENCE_MS))
    return passOver(TOO_EXPENSIVE)
  if (b.ready && b.cpu < 0) b.cpu = cpu
  b.timer = setTimeout(watch, LIMIT_MS / 2)
}

function begin(): void {
  const b = bench()
  if (b.active) return
  const job = b.queue.shift()
  if (!job) return
  b.active = job
  post(job.task)
}

/** Evaluates a CEL expression once for each object, bound as `object`; in the objects' order, one answer each. */
export function evaluateEach(expression: string, bindings: Bindings, objects: readonly unknown[]): Promise<Evaluated[]> {
  if (objects.length === 0) return Promise.resolve([])
  const b = bench()
  return new Promise((done) => {
    b.queue.push({ task: { id: b.next++, expression, bindings, objects }, results: [], total: objects.length, done })
    begin()
  })
}

/** Evaluates a CEL expression once. */
export async function evaluate(expression: string, bindings: Bindings): Promise<Evaluated> {
  const b = bench()
  const [answer] = await new Promise<Evaluated[]>((done) => {
    b.queue.push({ task: { id: b.next++, expression, bindings, objects: null }, results: [], total: 1, done })
    begin()
  })
  return answer ?? { ok: false, why: 'no answer' }
}

const PLACE = /\$\{([^{}]+)\}/g

/** A value as one writes it in a sentence. */
function said(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(said).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A text with each `${expression}` replaced by its value; an expression that fails stays as it is, marked. */
export async function fillText(text: string, bindings: Bindings): Promise<string> {
  let out = text
  for (const [place, expression = ''] of [...text.matchAll(PLACE)]) {
    const value = await evaluate(expression, bindings)
    out = out.replace(place, () => (value.ok ? said(value.value) : `(${expression}: ${value.why})`))
  }
  return out
}

/** A JSON value with every `${expression}` in its strings filled; a string that is nothing else takes the value's own type. Throws when one fails. */
export async function fill(value: unknown, bindings: Bindings): Promise<unknown> {
  if (typeof value === 'string') {
    const whole = /^\$\{([^{}]+)\}$/.exec(value)
    const parts: string[] = []
    let last = 0
    for (const place of value.matchAll(PLACE)) {
      const answer = await evaluate(place[1] ?? '', bindings)
      if (!answer.ok) throw new Error(`\${${place[1]}}: ${answer.why}`)
      if (whole) return answer.value
      parts.push(value.slice(last, place.index), typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value))
      last = place.index + place[0].length
    }
    return parts.length === 0 ? value : parts.join('') + value.slice(last)
  }
  if (Array.isArray(value)) return Promise.all(value.map((one) => fill(one, bindings)))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await fill(one, bindings)] as const)))
  return value
}
