import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'
import { at, dict, text } from '../../kernel/wire.ts'
import { fill } from '../../runbooks/evaluate-expression.ts'
import type { Change } from '../../runbooks/schema.ts'
import type { LedgerNote } from '../entry-schema.ts'
import { type Ground, getNow, keyOf, type LiveObject, listNow, liveObject, NotReadable, resourceFor } from '../ground.ts'
import { applyOrder, objectPath } from '../kind-rules.ts'
import { sameJson, writePath } from '../pointer-rules.ts'
import { resolveForAct, resolveSet, whyEmpty } from '../resolve-set.ts'
import { isRestorable, restorable } from '../restore-rules.ts'
import { type ActOf, FROZEN, groupOf, openRow, pathOf } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'
import { applyChanges } from './change-fields.ts'

export function hashOf(manifest: unknown): string {
  return createHash('sha256').update(canonicalJson(manifest)).digest('hex')
}

const EXISTS_OTHERWISE = 'exists already, and not as it shall be: left as it is'
/** Kinds of which a server or a controller changes nothing that was asked for. */
const KEPT_AS_ASKED: ReadonlySet<string> = new Set(['AppProject', 'Application', 'ApplicationSet', 'ConfigMap', 'Role', 'RoleBinding'])

function isOtherwise(existing: LiveObject, wanted: LiveObject): boolean {
  return (
    KEPT_AS_ASKED.has(wanted.ref.kind) &&
    !wanted.redacted &&
    ['spec', 'data', 'rules', 'subjects'].some((field) => !sameJson(existing.object[field], wanted.object[field]))
  )
}

/** The creation of one object; one that exists already is a finding and stays as it is. */
function createItem(
  ground: Ground,
  one: LiveObject,
  existing: LiveObject | null,
  act: string,
  ledger: readonly LedgerNote[] = [],
): PlannedItem {
  const resource = resourceFor(ground, one.ref.kind, groupOf(one.ref.apiVersion))
  const { uid: _uid, ...ref } = one.ref
  const base = {
    key: one.key,
    object: existing?.ref ?? ref,
    path: objectPath(one.ref.apiVersion, resource.plural, one.ref.namespace),
    changes: [],
  }
  if (existing) {
    const leaving = text(at(existing.object, 'metadata', 'deletionTimestamp')) !== ''
    const ours = at(existing.object, 'metadata', 'annotations', 'blackstart.dev/act') === act
    if (leaving)
      return {
        item: { ...base, verb: 'none', ledger: [] },
        request: null,
        live: existing.object,
        state: 'failed',
        note: 'an object of that name is still being deleted: wait until it is gone',
      }
    return {
      item: { ...base, verb: 'none', ledger: ours ? ledger : [] },
      request: null,
      live: existing.object,
      state: 'already-so',
      note: ours ? 'made by this step' : isOtherwise(existing, one) ? EXISTS_OTHERWISE : 'exists already: left as it is',
    }
  }
  if (one.redacted && one.ref.kind !== 'ConfigMap')
    return {
      item: { ...base, verb: 'none', ledger: [] },
      request: null,
      live: null,
      state: 'failed',
      note: 'values were redacted when it was recorded: restore it from git or by hand, then record it as done',
    }
  return {
    item: { ...base, verb: 'create', manifest: hashOf(one.object), ledger },
    request: { method: 'POST', path: base.path, body: one.object },
    live: null,
    state: 'todo',
    note: one.redacted ? 'some values were redacted when it was recorded' : '',
  }
}

/** What is there now of the kinds in hand, by key: one list per kind instead of one read per object. */
async function existingOf(ground: Ground, objects: readonly LiveObject[]): Promise<ReadonlyMap<string, LiveObject>> {
  const found = new Map<string, LiveObject>()
  const asked = new Set<string>()
  for (const one of objects) {
    const resource = resourceFor(ground, one.ref.kind, groupOf(one.ref.apiVersion))
    const id = `${resource.apiVersion}/${resource.plural}/${one.ref.namespace}`
    if (asked.has(id)) continue
    asked.add(id)
    if (resource.kind === 'Secret') continue
    for (const live of await listNow(ground.api, resource, one.ref.namespace)) found.set(live.key, live)
  }
  return found
}

/** Brings back what was recorded at T0: create only, in apply order, without what ties it to the past. */
export const restore: ActOf<{
  sets: readonly string[]
  except?: readonly string[] | undefined
  set?: readonly Change[] | undefined
}> = async (ground, args, act) => {
  const left = new Set<string>()
  for (const name of args.except ?? []) for (const one of (await resolveSet(ground, name)).items) left.add(one.key)
  const chosen: LiveObject[] = []
  const empty: { readonly kind: string; readonly why: string }[] = []
  for (const name of args.sets) {
    const { items, definition } = await resolveForAct(ground, name)
    if (items.length === 0) empty.push({ kind: definition.kind, why: whyEmpty(ground, definition) })
    chosen.push(...items.filter((one) => !left.has(one.key) && isRestorable(one.object)))
  }
  const unknown = empty.filter(({ why }) => why !== '')
  const notKnown = `No ${unknown.map(({ kind }) => kind).join(', ')} is recorded. ${unknown[0]?.why ?? ''}`
  if (chosen.length === 0 && unknown.length > 0)
    throw new NotReadable(`${notKnown} Bring it back by hand, from git or a backup, then record the step as done.`)
  chosen.sort((a, b) => applyOrder(a.ref.kind) - applyOrder(b.ref.kind) || (a.key < b.key ? -1 : 1))
  const existing = await existingOf(ground, chosen)
  const items: PlannedItem[] = []
  for (const one of chosen) {
    const clean = liveObject(restorable(one.object, act), one.ref, one.redacted)
    const { object, ledger } = await applyChanges(ground, clean, args.set ?? [])
    // A change that an earlier step has in the ledger keeps its first original.
    const notes = ledger.map((note) => {
      const row = openRow(ground, one, note.field)
      return row
        ? { ...note, original: row.original === 'absent' ? null : JSON.parse(row.original), originalAbsent: row.original === 'absent' }
        : note
    })
    const frozen =
      notes.length > 0
        ? writePath(
            object,
            FROZEN,
            JSON.stringify({
              field: notes[0]?.field,
              original: notes[0]?.originalAbsent ? 'absent' : notes[0]?.original,
              run: ground.run.id,
              t0: ground.run.started.t0,
            }),
          )
        : object
    items.push(createItem(ground, liveObject(frozen, one.ref, one.redacted), existing.get(one.key) ?? null, act, notes))
  }
  const none = empty.filter(({ why }) => why === '').map(({ kind }) => kind)
  const otherwise = items.filter((one) => one.note === EXISTS_OTHERWISE).map((one) => `${one.item.object.kind} ${one.item.object.name}`)
  const notes = [
    ...(otherwise.length > 0 ? [`${otherwise.join(', ')}: ${EXISTS_OTHERWISE}. Compare before you go on.`] : []),
    ...(unknown.length > 0 ? [notKnown] : []),
    ...(none.length > 0 ? [`there was no ${none.join(', ')} at T0`] : []),
  ]
  return { items, notes }
}

async function manifestsOf(
  ground: Ground,
  manifests: readonly Readonly<Record<string, unknown>>[],
  act: string,
): Promise<readonly LiveObject[]> {
  const filled = (await Promise.all(manifests.map((one) => fill(one, ground.bindings)))) as Record<string, unknown>[]
  return filled.map((one) => {
    const meta = dict(one.metadata)
    return liveObject(
      { ...one, metadata: { ...meta, annotations: { ...dict(meta.annotations), 'blackstart.dev/act': act } } },
      { apiVersion: text(one.apiVersion), kind: text(one.kind) },
    )
  })
}

export const create: ActOf<{ manifests: readonly Readonly<Record<string, unknown>>[] }> = async (ground, args, act) => {
  const items: PlannedItem[] = []
  for (const one of await manifestsOf(ground, args.manifests, act)) {
    items.push(
      createItem(
        ground,
        one,
        await getNow(ground.api, resourceFor(ground, one.ref.kind, groupOf(one.ref.apiVersion)), one.ref.namespace, one.ref.name),
        act,
      ),
    )
  }
  return { items, notes: [] }
}

/** Server-side apply under our own field manager; a conflict with another manager is an answer, unless `force`. */
export const apply: ActOf<{ manifests: readonly Readonly<Record<string, unknown>>[]; force: boolean }> = async (ground, args, act) => ({
  notes: [],
  items: (await manifestsOf(ground, args.manifests, act)).map((one): PlannedItem => {
    const path = pathOf(ground, one)
    return {
      item: { key: one.key, verb: 'apply', object: one.ref, path, changes: [], manifest: hashOf(one.object), ledger: [] },
      request: {
        method: 'PATCH',
        path,
        contentType: 'application/apply-patch+yaml',
        query: { fieldManager: 'blackstart', force: args.force },
        body: one.object,
      },
      live: null,
      state: 'todo',
      note: '',
    }
  }),
})

export const remove: ActOf<{ set: string; propagation: 'Background' | 'Foreground' | 'Orphan' }> = async (ground, args) => ({
  notes: [],
  items: (await resolveForAct(ground, args.set)).items.map((one): PlannedItem => {
    const path = pathOf(ground, one)
    const item = { key: one.key, object: one.ref, path, changes: [], ledger: [] }
    if (text(at(one.object, 'metadata', 'deletionTimestamp')) !== '')
      return { item: { ...item, verb: 'none' }, request: null, live: one.object, state: 'already-so', note: 'it is being deleted already' }
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: args.propagation, preconditions: { uid: one.ref.uid } }
    return {
      item: { ...item, verb: 'delete', options: { propagation: args.propagation } },
      request: { method: 'DELETE', path, body },
      live: one.object,
      state: 'todo',
      note: '',
    }
  }),
})

/** Ends a namespace over the heads of whoever still holds it; what is left inside stays stored. */
export const finalizeNamespace: ActOf<{ name: string }> = async (ground, args) => {
  const name = String(await fill(args.name, ground.bindings))
  const live = await getNow(ground.api, resourceFor(ground, 'Namespace'), '', name)
  const path = `/api/v1/namespaces/${name}/finalize`
  const none = {
    key: keyOf({ kind: 'Namespace', namespace: '', name }),
    object: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name },
    path,
    verb: 'none' as const,
    changes: [],
    ledger: [],
  }
  if (!live) return { items: [{ item: none, request: null, live: null, state: 'already-so', note: 'it is gone' }], notes: [] }
  const leaving = text(at(live.object, 'metadata', 'deletionTimestamp')) !== ''
  if (!leaving)
    return {
      items: [
        {
          item: { ...none, object: live.ref },
          request: null,
          live: live.object,
          state: 'failed',
          note: 'it is not being deleted: there is nothing to finalize',
        },
      ],
      notes: [],
    }
  const body = writePath(live.object as Record<string, unknown>, '/spec/finalizers', [])
  return {
    items: [
      {
        item: { ...none, object: live.ref, verb: 'finalize' },
        request: { method: 'PUT', path, body },
        live: live.object,
        state: 'todo',
        note: '',
      },
    ],
    notes: [],
  }
}
