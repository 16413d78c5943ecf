import { controllerOf } from '../../argocd/reinstall-rules.ts'
import { at, num } from '../../kernel/wire.ts'
import { fill } from '../../runbooks/evaluate-expression.ts'
import { type Ground, type LiveObject, listNow, resourceFor } from '../ground.ts'
import { changeOf } from '../pointer-rules.ts'
import { type ActOf, opening, openRow, patchItem } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'
import { reverseRows } from './reverse-ledger.ts'

type Args = { readonly components?: readonly string[] | undefined; readonly namespace?: string | undefined }
const REPLICAS = '/spec/replicas'
const ALL = ['applicationset-controller', 'application-controller']

/** The workloads that run Argo CD's controllers, the ApplicationSet controller first. */
async function controllers(ground: Ground, args: Args): Promise<readonly LiveObject[]> {
  const namespace = String(await fill(args.namespace ?? ground.run.started.argocd.namespace, ground.bindings))
  const wanted = args.components ?? ALL
  const found: LiveObject[] = []
  for (const kind of ['Deployment', 'StatefulSet']) found.push(...(await listNow(ground.api, resourceFor(ground, kind, 'apps'), namespace)))
  return found
    .filter((one) => wanted.includes(controllerOf(one.object) ?? ''))
    .sort((a, b) => ALL.indexOf(controllerOf(a.object) ?? '') - ALL.indexOf(controllerOf(b.object) ?? ''))
}

export const stop: ActOf<Args> = async (ground, args) => {
  const found = await controllers(ground, args)
  const items = found.map((one) => {
    const change = changeOf(one.object, REPLICAS, 0)
    return patchItem(ground, one, [change], num(change.old, 1) > 0 ? [opening(change)] : [], 'it stands at 0 already')
  })
  return { items, notes: found.length === 0 ? ['no Argo CD controller is installed: there is nothing to stop'] : [] }
}

/** Controllers come back with the replicas that the ledger remembers, all shards of them. */
export const start: ActOf<Args> = async (ground, args) => {
  const found = await controllers(ground, args)
  const items: PlannedItem[] = []
  for (const one of found) {
    const row = openRow(ground, one, REPLICAS)
    if (row) items.push(await reverseRows(ground, [row]))
    else if (num(at(one.object, 'spec', 'replicas'), 1) === 0) items.push(patchItem(ground, one, [changeOf(one.object, REPLICAS, 1)]))
    else items.push(patchItem(ground, one, [], [], 'it is started already'))
  }
  if (items.length > 0) return { items, notes: [] }
  throw new Error(
    `no ${(args.components ?? ALL).join(' or ')} is installed in ${ground.run.started.argocd.namespace}: install Argo CD first`,
  )
}
