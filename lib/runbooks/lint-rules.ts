import { parse } from '@bufbuild/cel'
import type { StepKind } from '../runs/schema.ts'
import { actionOf, type Plan, planOf, stepKind } from './rules.ts'
import type { ActionSpec, Check, RunbookDocument, Step } from './schema.ts'

export type Found = { readonly path: readonly PropertyKey[]; readonly message: string; readonly severity: 'error' | 'warning' }

/** Acts after which something is gone: without verification nobody knows whether more went than was meant. */
const DESTRUCTIVE: ReadonlySet<string> = new Set(['removeFinalizers', 'finalizeNamespace', 'delete', 'argocd.sync'])

function setsOfCheck(check: Check): string[] {
  const one = check as Record<string, unknown>
  return ['every', 'any', 'none', 'count', 'healthy', 'of', 'argocd', 'sameUid', 'present', 'gone'].flatMap((key) =>
    typeof one[key] === 'string' ? [one[key]] : [],
  )
}

/** The sets that an action writes to or restores from. */
export function setsOfAction(spec: ActionSpec): string[] {
  const args = Object.values(spec).find((value) => value !== undefined)
  if (typeof args === 'string') return [args]
  const it = args as Record<string, unknown>
  return [
    ...(typeof it.set === 'string' ? [it.set] : []),
    ...(Array.isArray(it.sets) ? (it.sets as string[]) : []),
    ...(Array.isArray(it.except) ? (it.except as string[]) : []),
  ]
}

function* expressions(value: unknown, path: readonly PropertyKey[]): Generator<{ path: readonly PropertyKey[]; text: string }> {
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* expressions(one, [...path, index])
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      if ((key === 'is' || key === 'where' || key === 'when') && typeof one === 'string') yield { path: [...path, key], text: one }
      else yield* expressions(one, [...path, key])
    }
  } else if (typeof value === 'string') for (const place of value.matchAll(/\$\{([^{}]+)\}/g)) yield { path, text: place[1] ?? '' }
}

function checksIn(step: Step): { readonly key: string; readonly checks: readonly Check[] }[] {
  const many = (value: Check | Check[] | undefined) => (value === undefined ? [] : Array.isArray(value) ? value : [value])
  return [
    { key: 'check', checks: many(step.check) },
    { key: 'verify', checks: many(step.verify) },
    { key: 'wait', checks: typeof step.wait === 'object' ? [step.wait.until] : [] },
  ]
}

function errorOf(step: Step, path: readonly PropertyKey[]): (at: readonly PropertyKey[], message: string) => Found {
  return (at, message) => ({ path: [...path, ...at], message: `${step.id}: ${message}`, severity: 'error' })
}

function* lintAnswers(
  step: Step,
  error: (at: readonly PropertyKey[], message: string) => Found,
  ids: ReadonlySet<string>,
): Generator<Found> {
  for (const [value, to] of Object.entries(step.answers ?? {})) {
    const target = typeof to === 'string' ? to : to?.to
    if (target && !ids.has(target)) yield error(['answers', value], `there is no step ${target}`)
  }
  if (step.ask !== undefined && Object.keys(step.answers ?? {}).length < 2) yield error(['ask'], 'give at least two answers')
}

/** Keys that only some kinds of step read; anywhere else they would promise what nobody does. */
const ONLY_FOR: readonly (readonly ['verify' | 'answers' | 'fields' | 'approval' | 'typed' | 'undo', readonly StepKind[]])[] = [
  ['verify', ['do', 'check', 'confirm', 'wait']],
  ['answers', ['ask']],
  ['fields', ['confirm']],
  ['approval', ['do', 'approve']],
  ['typed', ['do']],
  ['undo', ['do']],
]

function* lintPlaces(step: Step, kind: StepKind | null, error: (at: readonly PropertyKey[], message: string) => Found): Generator<Found> {
  for (const [key, kinds] of ONLY_FOR)
    if (kind !== null && step[key] !== undefined && !kinds.includes(kind))
      yield error([key], `${key} means nothing for a step of kind ${kind}: ${kinds.join(', ')} ${kinds.length === 1 ? 'has' : 'have'} it`)
  if (step.holds && step.holds !== 'once' && checksIn(step).every(({ checks }) => checks.length === 0))
    yield error(['holds'], 'there is no check that could hold')
}

function* lintStep(step: Step, path: readonly PropertyKey[], document: RunbookDocument, ids: ReadonlySet<string>): Generator<Found> {
  const error = errorOf(step, path)
  const sets = document.spec.sets ?? {}
  const kind = stepKind(step)
  if (kind === null) yield error([], 'give exactly one of do, check, ask, confirm, approve, wait, runbook')
  if (kind === 'runbook')
    yield error(['runbook'], 'a step that runs another runbook is not supported in this release: write its steps here')
  yield* lintPlaces(step, kind, error)
  for (const need of step.needs ?? []) if (!ids.has(need)) yield error(['needs'], `there is no step ${need}`)
  yield* lintAnswers(step, error, ids)
  if (step.holds?.startsWith('until:') && !ids.has(step.holds.slice(6))) yield error(['holds'], `there is no step ${step.holds.slice(6)}`)
  for (const { key, checks } of checksIn(step))
    for (const set of checks.flatMap(setsOfCheck)) if (!sets[set]) yield error([key], `there is no set ${set}`)
  if (step.do) yield* lintAct(step, step.do, path, document, ids)
  if (step.undo) yield* lintOther(step, 'undo', step.undo, path, document, ids)
  if (step.emergency) yield* lintOther(step, 'emergency', step.emergency.do, path, document, ids)
}

/** The acts that a step holds in reserve are bounded like the one it does. */
function* lintOther(
  step: Step,
  key: 'undo' | 'emergency',
  act: ActionSpec,
  path: readonly PropertyKey[],
  document: RunbookDocument,
  ids: ReadonlySet<string>,
): Generator<Found> {
  const verify = key === 'emergency' ? (step.emergency?.verify ?? step.verify ?? step.check) : step.check
  const { check: _check, ...rest } = step
  const alone = { ...rest, do: act, ...(verify ? { verify } : {}) }
  for (const found of lintAct(alone, act, path, document, ids))
    if (found.severity === 'error') yield { ...found, path: [...path, key], message: `${found.message} (in ${key})` }
}

function* lintAct(
  step: Step,
  act: ActionSpec,
  path: readonly PropertyKey[],
  document: RunbookDocument,
  ids: ReadonlySet<string>,
): Generator<Found> {
  const error = errorOf(step, path)
  const sets = document.spec.sets ?? {}
  const action = actionOf(act)
  if (!action || Object.values(act).filter((value) => value !== undefined).length !== 1)
    return yield error(['do'], 'give exactly one action')
  if (act.reverse && !ids.has(act.reverse.step)) yield error(['do', 'reverse'], `there is no step ${act.reverse.step}`)
  for (const set of action === 'reverse' ? [] : setsOfAction(act)) {
    const definition = sets[set]
    if (!definition) yield error(['do', action], `there is no set ${set}`)
    else if (definition.expect?.max === undefined && definition.name === undefined)
      yield error(['do', action], `set ${set} has no upper bound: give it expect.max, so that an act never reaches more than was foreseen`)
  }
  if (DESTRUCTIVE.has(action) && step.verify === undefined) yield error(['do', action], 'an act that cannot be taken back needs verify')
  else if (step.verify === undefined)
    yield { path: [...path, 'do'], message: `${step.id}: nothing verifies this act; it will be closed as unverified`, severity: 'warning' }
}

/** What is wrong with a step that is added to a document that stands: names, bounds, expressions. */
export function lintOne(step: Step, document: RunbookDocument, ids: ReadonlySet<string>): Found[] {
  return [...lintStep(step, ['step'], document, ids), ...notCel(step, ['step'])].filter((one) => one.severity === 'error')
}

function* notCel(value: unknown, at: readonly PropertyKey[]): Generator<Found> {
  for (const { path, text } of expressions(value, at)) {
    try {
      parse(text)
    } catch (error) {
      yield {
        path,
        message: `this is not CEL: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
        severity: 'error',
      }
    }
  }
}

/** Everything that a shape cannot say: names that exist, ways that end, sets that are bounded, expressions that parse. */
export function lint(document: RunbookDocument): Found[] {
  const found: Found[] = []
  const { phases } = document.spec
  const written = phases
    ? phases.flatMap((phase, p) => phase.steps.map((step, s) => ({ step, path: ['spec', 'phases', p, 'steps', s] as PropertyKey[] })))
    : (document.spec.steps ?? []).map((step, s) => ({ step, path: ['spec', 'steps', s] as PropertyKey[] }))
  const gates = (phases ?? []).flatMap((phase) => phase.gates ?? []).map((gate) => gate.id)
  const all = [...gates, ...written.map(({ step }) => step.id)]
  const ids = new Set(all)
  for (const id of ids)
    if (all.filter((one) => one === id).length > 1)
      found.push({ path: written.find(({ step }) => step.id === id)?.path ?? [], message: `two steps are called ${id}`, severity: 'error' })
  if (document.spec.answers?.where !== undefined)
    found.push({
      path: ['spec', 'answers', 'where'],
      message:
        'where is not asked in this release: the runbook is proposed for every signal of that kind. Take it away, and say in the text when it fits',
      severity: 'error',
    })
  for (const { step, path } of written) found.push(...lintStep(step, path, document, ids))
  for (const [name, set] of Object.entries(document.spec.sets ?? {})) {
    for (const other of set.except ?? [])
      if (!document.spec.sets?.[other])
        found.push({ path: ['spec', 'sets', name, 'except'], message: `set ${name}: there is no set ${other}`, severity: 'error' })
  }
  found.push(...notCel(document.spec, ['spec']))
  found.push(...cycles(document, written))
  return found
}

/** The ids of steps that can never start, because each waits for the other. */
export function neverStart({ steps }: Plan): string[] {
  const closed = new Set<string>()
  for (let moved = true; moved; ) {
    moved = false
    for (const step of steps) {
      if (closed.has(step.id) || !step.waitsFor.every((need) => closed.has(need))) continue
      closed.add(step.id)
      moved = true
    }
  }
  return steps.filter((step) => !closed.has(step.id)).map((step) => step.id)
}

function cycles(document: RunbookDocument, written: readonly { step: Step; path: readonly PropertyKey[] }[]): Found[] {
  return neverStart(planOf(document)).map((id) => ({
    path: written.find((one) => one.step.id === id)?.path ?? [],
    message: `${id} can never start: what it needs waits for it, or does not exist`,
    severity: 'error',
  }))
}
