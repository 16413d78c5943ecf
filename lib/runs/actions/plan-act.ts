import { actionOf } from '../../runbooks/rules.ts'
import type { ActionSpec } from '../../runbooks/schema.ts'
import type { Ground } from '../ground.ts'
import type { PlannedAct } from './act-schema.ts'
import { start, stop } from './argocd-controllers.ts'
import { patch, removeFinalizers, scale, setReclaimPolicy } from './change-fields.ts'
import { freeze, thaw } from './freeze-applications.ts'
import { reverse } from './reverse-ledger.ts'
import { refresh, sync } from './sync-applications.ts'
import { apply, create, finalizeNamespace, remove, restore } from './write-objects.ts'

type Planner = (ground: Ground, act: string, step: string) => Promise<PlannedAct>

function plannerOf(spec: ActionSpec): Planner {
  const made = <T>(act: (ground: Ground, args: T, id: string, step: string) => Promise<PlannedAct>, args: T | undefined): Planner | null =>
    args === undefined ? null : (ground, id, step) => act(ground, args, id, step)
  const found =
    made(stop, spec['argocd.stop']) ??
    made(start, spec['argocd.start']) ??
    made(freeze, spec['argocd.freeze']) ??
    made(thaw, spec['argocd.thaw']) ??
    made(sync, spec['argocd.sync']) ??
    made(refresh, spec['argocd.refresh']) ??
    made(setReclaimPolicy, spec.setReclaimPolicy) ??
    made(removeFinalizers, spec.removeFinalizers) ??
    made(finalizeNamespace, spec.finalizeNamespace) ??
    made(create, spec.create) ??
    made(apply, spec.apply) ??
    made(patch, spec.patch) ??
    made(scale, spec.scale) ??
    made(remove, spec.delete) ??
    made(restore, spec.restore) ??
    made(reverse, spec.reverse)
  if (!found) throw new Error(`no such action: ${actionOf(spec) ?? 'none given'}`)
  return found
}

/** What an action would do to the cluster as it is now, item by item, in the order in which it would be done. Reads only. */
export function planAct(ground: Ground, spec: ActionSpec, act: string, step: string): Promise<PlannedAct> {
  return plannerOf(spec)(ground, act, step)
}
