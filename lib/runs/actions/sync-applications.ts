import { at, list, text } from '../../kernel/wire.ts'
import { changeOf, patchFor } from '../pointer-rules.ts'
import { resolveForAct } from '../resolve-set.ts'
import { type ActOf, patchItem, pathOf } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'
import { carriesAct } from './sync-rules.ts'

/** Asks Argo CD for one sync of each Application by writing `operation`; works without argocd-server. */
export const sync: ActOf<string | { set: string; prune: boolean }> = async (ground, args, act) => {
  const { set, prune } = typeof args === 'string' ? { set: args, prune: false } : args
  const { items } = await resolveForAct(ground, set)
  return {
    notes: [],
    items: items.map((one): PlannedItem => {
      const path = pathOf(ground, one)
      const base = { key: one.key, object: one.ref, path, ledger: [] }
      if (carriesAct(one.object, act))
        return {
          item: { ...base, verb: 'none', changes: [] },
          request: null,
          live: one.object,
          state: 'already-so',
          note: 'this sync was asked for already',
        }
      const phase = text(at(one.object, 'status', 'operationState', 'phase'))
      if (one.object.operation !== undefined || phase === 'Running' || phase === 'Terminating')
        return {
          item: { ...base, verb: 'none', changes: [] },
          request: null,
          live: one.object,
          state: 'failed',
          note: `another operation runs (${phase || 'asked for'}): wait until it ends, then try again`,
        }
      const own = list(at(one.object, 'spec', 'syncPolicy', 'syncOptions')).filter(
        (option): option is string => typeof option === 'string' && !option.startsWith('ApplyOutOfSyncOnly='),
      )
      const operation = {
        initiatedBy: { username: 'blackstart' },
        info: [{ name: 'blackstart.dev/act', value: act }],
        sync: { prune, syncOptions: [...own, 'ApplyOutOfSyncOnly=true'] },
      }
      const change = changeOf(one.object, '/operation', operation)
      return {
        item: { ...base, verb: 'sync', changes: [change] },
        request: {
          method: 'PATCH',
          path,
          contentType: 'application/json-patch+json',
          body: patchFor(one.object, one.ref.uid ?? '', [change]),
        },
        live: one.object,
        state: 'todo',
        note: '',
      }
    }),
  }
}

/** Asks Argo CD to compare each Application anew; it takes the annotation off once it has. */
export const refresh: ActOf<string> = async (ground, set) => {
  const { items } = await resolveForAct(ground, set)
  return {
    notes: [],
    items: items.map((one) =>
      patchItem(ground, one, [changeOf(one.object, '/metadata/annotations/argocd.argoproj.io~1refresh', 'normal')]),
    ),
  }
}
