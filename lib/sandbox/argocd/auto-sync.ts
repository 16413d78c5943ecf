import type { Obj } from '../port.ts'
import type { AppCondition } from './application-status.ts'
import type { Comparison, Row } from './compare.ts'

export type Wanted = { readonly operation?: Obj['spec']; readonly afterMs?: number; readonly condition?: AppCondition }
export const NOTHING: Wanted = {}

const HEAL_FIRST_MS = 2_000
const HEAL_MOST_MS = 300_000
/** After this long without trouble self-heal counts from the start again. */
const HEAL_FORGET_MS = 600_000

/** Whether automated sync wants an operation now, later, or says why not (Argo CD appcontroller.go, autoSync). Sync windows are asked elsewhere. */
export function decideSync(app: Obj, result: Comparison, now: number): Wanted {
  const automated = app.spec.syncPolicy?.automated
  if (!automated || automated.enabled === false || app.operation || app.metadata.deletionTimestamp) return NOTHING
  const rows = result.rows.filter((row) => !row.hook)
  const differing = rows.filter((row) => row.status === 'OutOfSync')
  if (differing.length === 0) return NOTHING
  const onlyPrunes = differing.every((row) => !row.desired)
  if (onlyPrunes && !automated.prune) return NOTHING
  // The guard stands only while everything would go; one pruned Namespace passes it.
  if (onlyPrunes && differing.length === rows.length && !automated.allowEmpty) {
    return { condition: { type: 'SyncError', message: 'Skipping sync attempt: auto-sync will wipe out all resources' } }
  }
  const last = app.status?.operationState
  const attempted = last?.syncResult?.revision === result.revision && last.phase !== 'Running'
  if (!attempted) return { operation: operationOf(app, result) }
  if (last.phase !== 'Succeeded')
    return { condition: { type: 'SyncError', message: `Failed last sync attempt to [${result.revision}]: ${last.message}` } }
  return automated.selfHeal ? heal(app, result, differing, now) : NOTHING
}

function operationOf(app: Obj, result: Comparison): Obj['spec'] {
  const { automated, retry = { limit: 5 }, syncOptions } = app.spec.syncPolicy
  const sync = {
    prune: Boolean(automated.prune),
    revision: result.revision,
    source: app.spec.source,
    ...(syncOptions ? { syncOptions } : {}),
  }
  return { initiatedBy: { automated: true }, retry, sync }
}

/** Self-heal of what differs at a revision synced already: at once, then ever later. */
function heal(app: Obj, result: Comparison, differing: readonly Row[], now: number): Wanted {
  const last = app.status.operationState
  const finished = Date.parse(last.finishedAt ?? '')
  const count: number = now - finished < HEAL_FORGET_MS ? (last.operation?.sync?.autoHealAttemptsCount ?? 0) : 0
  const wait = count === 0 ? 0 : Math.min(HEAL_MOST_MS, HEAL_FIRST_MS * 3 ** (count - 1))
  const resources = differing.map(({ group, kind, name, namespace }) => ({
    ...(group ? { group } : {}),
    kind,
    name,
    ...(namespace ? { namespace } : {}),
  }))
  const { sync, ...rest } = operationOf(app, result)
  return {
    operation: { ...rest, sync: { autoHealAttemptsCount: count + 1, ...sync, resources } },
    afterMs: Math.max(0, finished + wait - now),
  }
}
