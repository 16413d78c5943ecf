import { ARGO, groupOf, roleOf } from '../argocd/rules.ts'
import type { RecordedChange } from '../inventory/port.ts'
import { keyOfRef, nameOf, SLACK_MS } from './cause-rules.ts'
import { refOf } from './evidence-rules.ts'
import type { Cause } from './schema.ts'

const BEFORE_MS = 30 * 60_000

const TELLING = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'APIService',
  'ApplicationSet',
  'AppProject',
  'Node',
  'StorageClass',
])

/** Changes worth a look before the first cause, newest first; those that touch what is already named come first. */
export function justBefore(changes: readonly RecordedChange[], before: number, touched: ReadonlySet<string>): readonly Cause[] {
  const found: { cause: Cause; near: boolean }[] = []
  const seen = new Set<string>()
  for (const change of changes.toReversed()) {
    const at = Date.parse(change.at)
    if (at >= before - SLACK_MS || at < before - BEFORE_MS) continue
    const near = touched.has(keyOfRef(refOf(change.record)))
    const what = tell(change, near)
    if (!what || seen.has(what)) continue
    seen.add(what)
    found.push({
      near,
      cause: { at: new Date(at).toISOString(), what, proof: null, by: null, revision: revisionOf(change), object: refOf(change.record) },
    })
  }
  return found.sort((a, b) => Number(b.near) - Number(a.near)).map((one) => one.cause)
}

function revisionOf(change: RecordedChange): string | null {
  return change.record.facts.is === 'application' ? change.record.facts.operation?.revision || null : null
}

function tell(change: RecordedChange, near: boolean): string | null {
  const { record, was } = change
  const name = `${record.kind} ${nameOf(refOf(record))}`
  if (record.tracking && was && !was.tracking) return `${name} came under Application ${record.tracking.app}`
  if (near && record.facts.is === 'application') {
    const operation = record.facts.operation
    const before = was?.facts.is === 'application' ? was.facts.operation : null
    if (operation?.finishedAt && operation.finishedAt !== before?.finishedAt)
      return `sync of Application ${record.name} to revision ${operation.revision.slice(0, 7)} ${operation.phase.toLowerCase()}`
    if (change.what === 'created') return `${name} was created`
    return null
  }
  if (change.what === 'created' && roleOf(record) === 'application-controller') return `${name}, an Argo CD controller, was created`
  if (!near && !(TELLING.has(record.kind) || groupOf(record.apiVersion) === ARGO)) return null
  if (change.what === 'created') return `${name} was created`
  if (change.what === 'deletion-started' || change.what === 'gone') return `${name} was deleted`
  return was && record.generation > was.generation && TELLING.has(record.kind) && groupOf(record.apiVersion) !== ARGO
    ? `${name} was changed`
    : null
}
