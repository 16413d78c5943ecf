import { type ApiRequest, type ApiResponse, type ClusterApi, Unreachable } from '../cluster/port.ts'
import { sleep } from '../kernel/pace.ts'
import { at, text } from '../kernel/wire.ts'
import type { PlannedStep } from '../runbooks/rules.ts'
import { openRow } from './actions/act-item.ts'
import type { PlannedItem } from './actions/act-schema.ts'
import { planAct } from './actions/plan-act.ts'
import type { ActItem, LedgerNote, NewRunEntry } from './entry-schema.ts'
import { type Ground, getNow, NotReadable, resourceFor } from './ground.ts'
import { ABSENT, readPath, sameJson } from './pointer-rules.ts'
import { OutOfBounds } from './resolve-set.ts'
import type { RunState } from './rules.ts'

/** How often it is looked what hands outside did, in wall ms. */
const EVERY_MS = 3_000
const PATH = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/

function answered(status: number, body: unknown): ApiResponse {
  return { status, headers: {}, body, text: '' }
}

/** The cluster as it is recorded at T0, for reading; with `empty`, as if none of it were there. */
function thenApi(ground: Ground, empty: boolean): ClusterApi {
  const { watched, run } = ground
  async function request({ path }: ApiRequest): Promise<ApiResponse> {
    const [, core, grouped, namespace, plural, name] = PATH.exec(path) ?? []
    const apiVersion = core ?? grouped ?? ''
    const kind = watched.inventory.kinds().find((one) => one.apiVersion === apiVersion && one.plural === plural)?.kind
    const group = grouped?.split('/')[0] ?? ''
    const all = kind && !empty ? await watched.history.manifests(kind, new Date(run.started.t0), false, group) : []
    const items = all
      .map((one) => one.manifest)
      .filter((one) => !namespace || text(at(one, 'metadata', 'namespace')) === decodeURIComponent(namespace))
    if (name === undefined) return answered(200, { items })
    const found = items.find((one) => text(at(one, 'metadata', 'name')) === decodeURIComponent(name))
    return found ? answered(200, found) : answered(404, {})
  }
  const api: ClusterApi = { ...ground.api, request, as: () => api }
  return api
}

async function plannedOn(ground: Ground, planned: PlannedStep): Promise<readonly PlannedItem[]> {
  try {
    return (await planAct(ground, planned.source.do ?? {}, 'by-hand', planned.id)).items
  } catch (error) {
    // What has nothing to act on has nothing to recognize.
    if (error instanceof NotReadable || error instanceof OutOfBounds || (error instanceof Error && error.constructor === Error)) return []
    throw error
  }
}

function isOurs(ground: Ground, item: ActItem, note: LedgerNote): boolean {
  return openRow(ground, { ref: item.object }, note.field)?.holders.includes(ground.run.id) === true
}

async function inForce(ground: Ground, { item }: PlannedItem): Promise<ActItem | null> {
  const opens = item.ledger.filter((note) => note.does === 'open' && !openRow(ground, { ref: item.object }, note.field))
  if (opens.length === 0) return null
  const group = item.object.apiVersion.includes('/') ? item.object.apiVersion.split('/')[0] : ''
  const live = await getNow(ground.api, resourceFor(ground, item.object.kind, group), item.object.namespace, item.object.name)
  if (!live) return null
  const isWritten = (note: LedgerNote) => {
    const now = readPath(live.object, note.field)
    return note.writtenAbsent ? now === ABSENT : now !== ABSENT && sameJson(now, note.written)
  }
  const ledger = opens.filter(isWritten)
  return ledger.length > 0 ? { ...item, verb: 'none', object: live.ref, changes: [], ledger } : null
}

/**
 * What hands outside did of a step and the ledger must know: temporary changes that are in force now, with what was
 * there at T0, and entries that were taken back.
 */
async function recognizeHands(ground: Ground, planned: PlannedStep): Promise<readonly ActItem[]> {
  const live = await plannedOn(ground, planned)
  const closed = live
    .filter(({ state, item }) => state === 'already-so' && item.ledger.some((note) => note.does === 'close' && isOurs(ground, item, note)))
    .map((one) => one.item)
  const then = await plannedOn({ ...ground, api: thenApi(ground, planned.action === 'restore') }, planned)
  const opened: ActItem[] = []
  for (const one of then) {
    const item = await inForce(ground, one)
    if (item) opened.push(item)
  }
  return [...closed, ...opened]
}

type Telling = {
  readonly append: (make: (run: RunState) => readonly NewRunEntry[]) => Promise<unknown>
  readonly signal: AbortSignal
}

/** Looks now and then what hands did of a step recorded as done, and puts it into the ledger. */
export function watchHands({ append, signal }: Telling, planned: PlannedStep) {
  let lookedAt = 0
  return {
    /** True when something was told, or the cluster did not answer: then everything has to be looked at again. */
    async moved(ground: Ground, now: boolean): Promise<boolean> {
      if (planned.kind !== 'do' || (!now && Date.now() - lookedAt < EVERY_MS)) return false
      lookedAt = Date.now()
      const items = await recognizeHands(ground, planned).catch((error: unknown) => {
        if (error instanceof Unreachable) return null
        throw error
      })
      if (items === null) await sleep(1_000, signal)
      else if (items.length > 0)
        await append((run) => (run.steps[planned.id]?.byHand ? [{ kind: 'act.recognized', data: { step: planned.id, items } }] : []))
      return items === null || items.length > 0
    },
  }
}
