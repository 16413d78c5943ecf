import { text } from '../../kernel/wire.ts'
import { evaluateEach, fill } from '../../runbooks/evaluate-expression.ts'
import type { Change } from '../../runbooks/schema.ts'
import type { FieldChange, LedgerNote } from '../entry-schema.ts'
import type { Ground, LiveObject } from '../ground.ts'
import { ABSENT, changeOf, writePath } from '../pointer-rules.ts'
import { resolveForAct } from '../resolve-set.ts'
import { type ActOf, opening, patchItem, valueAt } from './act-item.ts'

const POLICY = '/spec/persistentVolumeReclaimPolicy'

export const setReclaimPolicy: ActOf<{ set: string; to: 'Retain' | 'Delete' }> = async (ground, args) => {
  const { items } = await resolveForAct(ground, args.set)
  return {
    notes: [],
    items: items.map((one) => {
      const change = changeOf(one.object, POLICY, args.to)
      return patchItem(ground, one, [change], change.old === args.to ? [] : [opening(change)], `${args.to} already`)
    }),
  }
}

export const scale: ActOf<{ set: string; replicas: number }> = async (ground, args) => {
  const { items } = await resolveForAct(ground, args.set)
  return {
    notes: [],
    items: items.map((one) => {
      const change = changeOf(one.object, '/spec/replicas', args.replicas)
      return patchItem(ground, one, [change], change.old === args.replicas ? [] : [opening(change)], `${args.replicas} already`)
    }),
  }
}

/** Takes off only the finalizers that are named; whatever else holds an object goes on holding it. */
export const removeFinalizers: ActOf<{ set: string; only: readonly string[] }> = async (ground, args) => {
  const { items } = await resolveForAct(ground, args.set)
  const goes = (finalizer: string) => args.only.some((name) => finalizer === name || finalizer.startsWith(`${name}/`))
  return {
    notes: [],
    items: items.map((one) => {
      const now = valueAt(one, '/metadata/finalizers')
      const kept = (Array.isArray(now) ? now : []).filter((finalizer) => !goes(text(finalizer)))
      const change = changeOf(one.object, '/metadata/finalizers', kept.length > 0 ? kept : ABSENT)
      return patchItem(ground, one, [change], [], 'it carries none of them')
    }),
  }
}

/** What some changes make of one object: the document after, the changes, and what the ledger keeps. */
export async function applyChanges(
  ground: Ground,
  one: LiveObject,
  changes: readonly Change[],
): Promise<{ readonly object: Record<string, unknown>; readonly done: readonly FieldChange[]; readonly ledger: readonly LedgerNote[] }> {
  let object = one.object as Record<string, unknown>
  const done: FieldChange[] = []
  const ledger: LedgerNote[] = []
  for (const change of changes) {
    if (change.where !== undefined) {
      const [answer] = await evaluateEach(change.where, ground.bindings, [one.object])
      if (!(answer?.ok && answer.value === true)) continue
    }
    const made = changeOf(object, change.path, change.remove ? ABSENT : await fill(change.value, ground.bindings))
    if (made.oldAbsent && made.newAbsent) continue
    object = writePath(object, change.path, made.newAbsent ? ABSENT : made.new)
    done.push(made)
    if (change.temporary) ledger.push(opening(made))
  }
  return { object, done, ledger }
}

export const patch: ActOf<{ set: string; changes: readonly Change[] }> = async (ground, args) => {
  const { items } = await resolveForAct(ground, args.set)
  return {
    notes: [],
    items: await Promise.all(
      items.map(async (one) => {
        const { done, ledger } = await applyChanges(ground, one, args.changes)
        return patchItem(ground, one, done, ledger)
      }),
    ),
  }
}
