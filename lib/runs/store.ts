import type { ActorRef, AuditEntry } from '../audit/schema.ts'
import { appendAudit, readStream, readStreamIn } from '../audit/store.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Impacts } from '../impact/port.ts'
import type { Clusters } from '../inventory/port.ts'
import { newId } from '../kernel/id.ts'
import type { Hub } from '../live/port.ts'
import type { Runbooks } from '../runbooks/port.ts'
import type { RunbookDocument } from '../runbooks/schema.ts'
import type { ProbeConfig } from './checks/probe-rules.ts'
import type { ActItem, LedgerNote, NewRunEntry, RunEntry } from './entry-schema.ts'
import { begin, evolve, fold } from './machine.ts'
import type { IncidentDesk } from './port.ts'
import type { RunState } from './rules.ts'
import type { LedgerRow } from './view.ts'

/** What the verbs of runs need of the world. */
export type RunsContext = {
  readonly db: Db
  readonly clusters: Clusters
  readonly impacts: Impacts
  readonly runbooks: Runbooks
  readonly incidents: IncidentDesk
  readonly hub?: Hub | undefined
  /** Which hosts checks may reach; none unless configured. */
  readonly checks?: ProbeConfig
}
/** What it takes to show, command and drive runs that exist. */
export type RunningContext = Pick<RunsContext, 'db' | 'clusters' | 'impacts' | 'hub' | 'checks'>

export const RUN_CHANNEL = 'run'
export const streamOf = (run: string): string => `run:${run}`

type Row = { readonly state: Record<string, unknown>; readonly document: RunbookDocument }
const documents = new Map<string, RunbookDocument>()

/** The shape in which states are stored; a state of another shape is folded anew from its entries. */
const SHAPE = 3

function revive(row: Row): RunState | null {
  const { shape, ...stored } = row.state
  if (shape !== SHAPE) return null
  const state = stored as unknown as RunState
  const known = documents.get(state.started.hash) ?? row.document
  documents.set(state.started.hash, known)
  return { ...state, started: { ...state.started, document: known } }
}

/** The state that a run's stored entries make; null when they cannot be read by this release. */
export function foldStored(id: string, entries: readonly AuditEntry[]): RunState | null {
  return fold(id, entries.map(asEntry))
}

const LOAD = `SELECT r.state, d.document FROM run r JOIN runbook_document d ON d.hash = r.hash WHERE r.id = $1::uuid`

export async function loadRun(db: Pick<Db, 'pool'>, id: string): Promise<RunState | null> {
  if (!/^[0-9a-f-]{36}$/i.test(id)) return null
  const { rows } = await db.pool.query<Row>(LOAD, [id])
  if (!rows[0]) return null
  return revive(rows[0]) ?? foldStored(id, await readStream(db, streamOf(id)))
}

/** The run as it is inside this transaction; nobody else changes it until the end of it. */
export async function lockRun(tx: Tx, id: string): Promise<RunState | null> {
  const rows = await tx.$queryRawUnsafe<Row[]>(`${LOAD} FOR UPDATE OF r`, id)
  if (!rows[0]) return null
  return revive(rows[0]) ?? foldStored(id, await readStreamIn(tx, streamOf(id)))
}

export function asStored(run: RunState): string {
  const { document: _document, ...started } = run.started
  return JSON.stringify({ ...run, started, shape: SHAPE })
}

/** Of several people's entries in one group, each keeps its own actor. */
export type Signed = NewRunEntry & { readonly actor?: ActorRef | undefined }

/** A stored entry of a run, with its time to the millisecond. */
export function asEntry(stored: { kind: string; data: unknown; actor: ActorRef; at: string; streamVersion: number }): RunEntry {
  return {
    kind: stored.kind,
    data: stored.data,
    actor: stored.actor,
    at: new Date(stored.at).toISOString(),
    version: stored.streamVersion,
  } as RunEntry
}

/** Appends a run's first entry and makes its row. */
export async function beginRun(
  tx: Tx,
  id: string,
  actor: ActorRef,
  entry: Extract<NewRunEntry, { kind: 'run.started' }>,
  ground: string,
): Promise<RunState> {
  await tx.$executeRawUnsafe(`SELECT pg_notify('${RUN_CHANNEL}', $1)`, id)
  const { entries } = await appendAudit(tx, streamOf(id), 0, [
    { actor, kind: entry.kind, data: entry.data as unknown as Record<string, unknown> },
  ])
  const [first] = entries.map(asEntry)
  if (first?.kind !== 'run.started') throw new Error('a run begins with run.started')
  const run = begin(id, first)
  const data = entry.data
  await tx.$executeRawUnsafe(
    `INSERT INTO run (id, runbook, title, hash, kind, clusters, ground, incident, drill, lead, stage, version, state, started_at)
     VALUES ($1::uuid, $2, $3, $4, $5, $6::text[], $7, $8, $9, $10, $11, $12, $13::jsonb, $14::timestamptz)`,
    id,
    data.runbook,
    data.document.spec.title,
    data.hash,
    data.kind,
    data.clusters.map((one) => one.name),
    ground,
    data.incident,
    data.drill,
    data.lead,
    run.stage,
    run.version,
    asStored(run),
    run.startedAt,
  )
  return run
}

/** Appends entries to a locked run, moves ledger and projection with them, and wakes who listens. */
export async function appendRun(tx: Tx, run: RunState, actor: ActorRef, entries: readonly Signed[]): Promise<RunState> {
  if (entries.length === 0) return run
  for (const entry of entries) {
    if (entry.kind === 'act.observed') await moveLedger(tx, run, entry, entry.actor ?? actor)
    if (entry.kind === 'act.recognized')
      for (const item of entry.data.items)
        await noteItem(tx, run, entry.data.step, item, item.object.uid ?? '', run.steps[entry.data.step]?.claimedBy ?? actor.id)
  }
  await tx.$executeRawUnsafe(`SELECT pg_notify('${RUN_CHANNEL}', $1)`, run.id)
  const appended = await appendAudit(
    tx,
    streamOf(run.id),
    run.version,
    entries.map((entry) => ({ actor: entry.actor ?? actor, kind: entry.kind, data: entry.data as unknown as Record<string, unknown> })),
  )
  const next = appended.entries.map(asEntry).reduce(evolve, run)
  await tx.$executeRawUnsafe(
    'UPDATE run SET state = $2::jsonb, version = $3, stage = $4, outcome = $5, closed_at = $6::timestamptz, lead = $7 WHERE id = $1::uuid',
    run.id,
    asStored(next),
    next.version,
    next.stage,
    next.outcome,
    next.closedAt,
    next.lead,
  )
  return next
}

async function moveLedger(tx: Tx, run: RunState, entry: Extract<NewRunEntry, { kind: 'act.observed' }>, actor: ActorRef): Promise<void> {
  const step = run.steps[entry.data.step]
  const cluster = run.started.clusters[0]?.name ?? ''
  for (const seen of entry.data.items) {
    const item = step?.items[seen.key]?.item
    if (!item) continue
    if (seen.state === 'conflict') {
      await tx.$executeRawUnsafe(
        `UPDATE ledger_entry SET state = 'conflict' WHERE cluster = $1 AND kind = $2 AND namespace = $3 AND name = $4 AND state = 'open'`,
        cluster,
        item.object.kind,
        item.object.namespace,
        item.object.name,
      )
    }
    if (seen.state !== 'done' && seen.state !== 'already-so') continue
    await noteItem(tx, run, entry.data.step, item, seen.uid ?? item.object.uid ?? '', step?.act?.by ?? actor.id)
  }
}

async function noteItem(tx: Tx, run: RunState, step: string, item: ActItem, uid: string, by: string): Promise<void> {
  const cluster = run.started.clusters[0]?.name ?? ''
  for (const note of item.ledger) {
    if (note.does === 'open') await openLedger(tx, run, cluster, step, { ...item.object, uid }, note, by)
    else await closeLedger(tx, run, cluster, item.object, note)
  }
}

async function openLedger(
  tx: Tx,
  run: RunState,
  cluster: string,
  step: string,
  object: { apiVersion: string; kind: string; namespace: string; name: string; uid: string },
  note: LedgerNote,
  by: string,
): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO ledger_entry (id, cluster, api_version, kind, namespace, name, uid, field, original, original_absent, written, written_absent, run, step, by_actor, holders, state, since)
     VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11::jsonb, $12, $13::uuid, $14, $15, ARRAY[$13::text], 'open', now())
     ON CONFLICT (cluster, kind, namespace, name, field) WHERE state <> 'reversed'
     DO UPDATE SET uid = excluded.uid, holders = ARRAY(SELECT DISTINCT unnest(ledger_entry.holders || excluded.holders))`,
    newId(),
    cluster,
    object.apiVersion,
    object.kind,
    object.namespace,
    object.name,
    object.uid,
    note.field,
    JSON.stringify(note.original ?? null),
    note.originalAbsent,
    JSON.stringify(note.written ?? null),
    note.writtenAbsent,
    run.id,
    step,
    by,
  )
}

async function closeLedger(
  tx: Tx,
  run: RunState,
  cluster: string,
  object: { kind: string; namespace: string; name: string },
  note: LedgerNote,
): Promise<void> {
  await tx.$executeRawUnsafe(
    `UPDATE ledger_entry SET holders = array_remove(holders, $6), state = CASE WHEN array_remove(holders, $6) = '{}' THEN 'reversed' ELSE state END, closed_at = CASE WHEN array_remove(holders, $6) = '{}' THEN now() END
     WHERE cluster = $1 AND kind = $2 AND namespace = $3 AND name = $4 AND field = $5 AND state <> 'reversed'`,
    cluster,
    object.kind,
    object.namespace,
    object.name,
    note.field,
    run.id,
  )
}

type LedgerDbRow = {
  id: string
  cluster: string
  api_version: string
  kind: string
  namespace: string
  name: string
  uid: string
  field: string
  original: unknown
  original_absent: boolean
  written: unknown
  written_absent: boolean
  run: string
  step: string
  by_actor: string
  holders: string[]
  state: LedgerRow['state']
  since: Date
  closed_at: Date | null
}

/** Ledger entries, newest first; `original` and `written` as JSON text, or the word absent. */
export async function readLedger(
  db: Pick<Db, 'pool'>,
  filter: {
    readonly cluster?: string | undefined
    readonly run?: string | undefined
    readonly open?: boolean | undefined
    readonly limit?: number | undefined
  } = {},
): Promise<LedgerRow[]> {
  const { rows } = await db.pool.query<LedgerDbRow>(
    `SELECT * FROM ledger_entry WHERE ($1::text IS NULL OR cluster = $1) AND ($2::text IS NULL OR run::text = $2 OR $2 = ANY(holders)) AND (NOT $3 OR state <> 'reversed') ORDER BY since DESC, id DESC LIMIT $4`,
    [filter.cluster ?? null, filter.run ?? null, filter.open ?? false, filter.limit ?? 10_000],
  )
  return rows.map((row) => ({
    id: row.id,
    cluster: row.cluster,
    object: { apiVersion: row.api_version, kind: row.kind, namespace: row.namespace, name: row.name, uid: row.uid },
    field: row.field,
    original: row.original_absent ? 'absent' : JSON.stringify(row.original),
    written: row.written_absent ? 'absent' : JSON.stringify(row.written),
    since: row.since.toISOString(),
    by: row.by_actor,
    run: row.run,
    step: row.step,
    state: row.state,
    holders: row.holders,
    closedAt: row.closed_at?.toISOString() ?? null,
  }))
}

/** As whom an actor acts in a run; null when nothing was kept. */
export async function identityOf(
  db: Pick<Db, 'pool'>,
  run: string,
  actor: string,
): Promise<{ readonly user: string; readonly groups: readonly string[] } | null> {
  const { rows } = await db.pool.query<{ username: string; groups: string[] }>(
    'SELECT username, groups FROM acting_identity WHERE run = $1::uuid AND actor = $2',
    [run, actor],
  )
  return rows[0] ? { user: rows[0].username, groups: rows[0].groups } : null
}

export async function keepIdentity(
  tx: Tx,
  run: string,
  actor: string,
  identity: { readonly user: string; readonly groups: readonly string[] },
): Promise<void> {
  await tx.$executeRawUnsafe(
    'INSERT INTO acting_identity (run, actor, username, groups) VALUES ($1::uuid, $2, $3, $4::text[]) ON CONFLICT (run, actor) DO UPDATE SET username = excluded.username, groups = excluded.groups',
    run,
    actor,
    identity.user,
    [...identity.groups],
  )
}
