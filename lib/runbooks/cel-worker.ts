import { parentPort } from 'node:worker_threads'
import { type CelInput, celEnv, isCelError, isCelList, isCelMap, isCelUint, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'

export type CelTask = {
  readonly id: number
  readonly expression: string
  readonly bindings: Readonly<Record<string, unknown>>
  readonly objects: readonly unknown[] | null
}
export type CelAnswer =
  | { readonly id: number; readonly index: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly index: number; readonly ok: false; readonly why: string }

const env = celEnv({ funcs: strings })
const plans = new Map<string, ReturnType<typeof plan>>()

/** A CEL value as plain JSON; 64-bit integers become numbers. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (isCelUint(value)) return Number(value.value)
  if (isCelList(value)) return [...value].map(plain)
  if (isCelMap(value)) return Object.fromEntries([...value].map(([key, one]) => [String(key), plain(one)]))
  return value
}

function planned(expression: string): ReturnType<typeof plan> {
  const known = plans.get(expression)
  if (known) return known
  const made = plan(env, parse(expression))
  if (plans.size > 500) plans.clear()
  plans.set(expression, made)
  return made
}

function answer(task: CelTask, index: number, bindings: Readonly<Record<string, unknown>>): CelAnswer {
  try {
    const value = planned(task.expression)(bindings as Record<string, CelInput>)
    if (isCelError(value)) return { id: task.id, index, ok: false, why: value.message }
    return { id: task.id, index, ok: true, value: plain(value) }
  } catch (error) {
    return { id: task.id, index, ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (task: CelTask) => {
  if (task.objects === null) parentPort?.postMessage(answer(task, 0, task.bindings))
  else for (const [index, object] of task.objects.entries()) parentPort?.postMessage(answer(task, index, { ...task.bindings, object }))
})

parentPort?.postMessage('ready')
