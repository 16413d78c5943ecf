import { at, type Dict, dict, list, text } from '../kernel/wire.ts'
import { tellsMore } from './facts/argocd.ts'
import { groupOf } from './rules.ts'
import { LAST_APPLIED, VOLATILE } from './sanitize-rules.ts'

const DONE = new Set(['Succeeded', 'Failed', 'Error'])

/** The manifest as history keeps it: canonical, without noise; the same content gives the same text whatever happened to its status. */
export function keptManifest(object: Dict): Dict {
  const { status, operation: _operation, ...rest } = object
  const kept: Record<string, unknown> = { ...rest, metadata: keptMetadata(dict(object.metadata)) }
  const kind = text(object.kind)
  const group = groupOf(text(object.apiVersion))
  if (group === 'argoproj.io' && kind === 'Application') {
    const held = applicationStatus(dict(status))
    if (Object.keys(held).length > 0) kept.status = held
  }
  return kept
}

function keptMetadata(meta: Dict): Dict {
  const kept: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(meta)) if (!VOLATILE.has(key)) kept[key] = value
  if (dict(meta.annotations)[LAST_APPLIED] !== undefined) {
    const { [LAST_APPLIED]: _applied, ...annotations } = dict(meta.annotations)
    if (Object.keys(annotations).length > 0) kept.annotations = annotations
    else delete kept.annotations
  }
  return kept
}

/** What only an Application's status tells and the next operation overwrites: what it owned, its deployments, and what its last sync did. */
function applicationStatus(status: Dict): Dict {
  const kept: Record<string, unknown> = {}
  const resources = list(status.resources).map((one) => {
    const { health: _health, status: _sync, ...row } = dict(one)
    return row
  })
  if (resources.length > 0) kept.resources = resources
  if (status.history !== undefined) kept.history = status.history
  const revision = text(at(status, 'sync', 'revision'))
  if (revision !== '') kept.sync = { revision }
  const state = dict(status.operationState)
  // A running operation says something new every second; what it did stands in its end.
  if (DONE.has(text(state.phase))) {
    const { syncResult, ...whole } = state
    const rows = list(dict(syncResult).resources).map(dict).filter(tellsMore)
    kept.operationState = { ...whole, ...(syncResult === undefined ? {} : { syncResult: { ...dict(syncResult), resources: rows } }) }
  }
  return kept
}

/** Who changed an object last, as its managed fields tell; changes of status do not count. Null when they do not say. */
export function lastChange(object: Dict): { readonly by: string; readonly at: string } | null {
  let last: { by: string; at: string } | null = null
  for (const entry of list(at(object, 'metadata', 'managedFields')).map(dict)) {
    const when = text(entry.time)
    if (entry.subresource === 'status' || when === '') continue
    if (last === null || when >= last.at) last = { by: text(entry.manager), at: when }
  }
  return last
}
