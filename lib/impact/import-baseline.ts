import { z } from 'zod'
import { isDestination } from '../argocd/hub-rules.ts'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { Db } from '../db/client.ts'
import {
  cannotKnow,
  homeOf,
  type Imported,
  imported,
  type LeftOut,
  leftOutBecause,
  namedByApplications,
  newestMoment,
} from '../inventory/import-rules.ts'
import { storeImported } from '../inventory/import-store.ts'
import type { Watched } from '../inventory/port.ts'
import { readFile } from '../inventory/read-file.ts'
import type { FromFile, ManifestFault } from '../inventory/read-manifests.ts'
import { createRedactor } from '../inventory/redact.ts'
import { readRedactionKey } from '../inventory/redaction-key.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { dict, text } from '../kernel/wire.ts'
import { type ImpactContext, noCluster } from './list-services.ts'
import { actorRef } from './store.ts'
import type { BaselineRow } from './view.ts'

/** `yaml` is an `argocd admin export` or manifests: several documents, lists, or JSON. */
export const ImportBaseline = z.object({
  cluster: z.string(),
  label: z.string().trim().min(1).max(200).default('imported'),
  yaml: z.string().min(1),
  /** When the file was taken; without, the newest moment that it speaks of. */
  at: z.iso.datetime({ offset: true }).optional(),
  /** Where objects without a namespace belong, as with `kubectl -n`. */
  namespace: z.string().optional(),
  /** The namespace of Argo CD, which its own export leaves out. */
  argocdNamespace: z.string().optional(),
  key: z.string().optional(),
})
export type ImportBaseline = z.input<typeof ImportBaseline>
export type ImportRefusal = {
  readonly code: 'not-found' | 'bad-input'
  readonly message: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

/** Up to so many characters of YAML or JSON. */
export const MOST_IMPORTED = 20_000_000

type Read = { readonly objects: readonly Imported[]; readonly leftOut: readonly LeftOut[] }

/** A baseline out of a file, for those who install the dashboard after the disaster: a moment to compare with and to restore from. */
export async function importBaseline(
  ctx: ImpactContext & { readonly db: Db; readonly config: { readonly redact: readonly string[] } },
  permit: Permit<'baseline.pin'>,
  input: ImportBaseline,
): Promise<Result<BaselineRow, ImportRefusal>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return noCluster(input.cluster)
  const files = await readFile(input.yaml)
  if (!files.ok) return faulty(files.error)
  const now = clusterNow(watched.clock)
  if (input.at !== undefined && Date.parse(input.at) > now) return no({ code: 'bad-input', message: 'A baseline is a moment of the past.' })
  const moment = await momentFor(ctx.db, input, files.value, now)
  if (!moment.ok) return moment
  const { at, placed } = moment.value
  const read = readObjects(watched, files.value, input, at.toISOString())
  if (!read.ok) return faulty(read.error)
  const { objects, leftOut } = read.value
  if (objects.length === 0)
    return no({
      code: 'bad-input',
      message: 'The file holds nothing to compare with: no Application, no workload, no other manifest that is kept.',
    })
  const row: BaselineRow = {
    id: newId(),
    cluster: input.cluster,
    label: input.label ?? 'imported',
    at: at.toISOString(),
    pinnedAt: new Date().toISOString(),
    pinnedBy: permit.by.id,
    imported: {
      objects: objects.length,
      byName: objects.filter((one) => one.manifest === null).length,
      kinds: countKinds(objects),
      leftOut: [...leftOut],
      moment: placed,
      cannotKnow: cannotKnow(objects, leftOut, placed),
    },
  }
  const redact = createRedactor(await readRedactionKey(ctx.db), ctx.config.redact)
  await ctx.db.tx(async (tx) => {
    await tx.$executeRawUnsafe(
      'INSERT INTO baseline (id, cluster, label, at, pinned_at, pinned_by, imported) VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)',
      row.id,
      row.cluster,
      row.label,
      at,
      new Date(row.pinnedAt),
      row.pinnedBy,
      JSON.stringify(row.imported),
    )
    await storeImported(tx, { id: row.id, cluster: row.cluster, at }, objects, redact)
    await appendAudit(tx, `baseline:${row.id}`, 0, [
      {
        actor: actorRef(permit.by),
        kind: 'baseline.imported',
        data: { cluster: row.cluster, label: row.label, at: row.at, objects: objects.length, leftOut: [...leftOut] },
      },
    ])
  })
  return ok(row)
}

function faulty(faults: readonly ManifestFault[]): { ok: false; error: ImportRefusal } {
  const [first] = faults
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return no({
    code: 'bad-input',
    message: `Nothing was imported. Line ${first?.line ?? 1}: ${first?.message ?? 'it cannot be read'}.${more}`,
    errors: faults.map((one) => ({ path: `line ${one.line}`, message: one.message })),
  })
}

function readObjects(
  watched: Watched,
  files: readonly FromFile[],
  input: ImportBaseline,
  moment: string,
): Result<Read, readonly ManifestFault[]> {
  const argocd = input.argocdNamespace ?? watched.inventory.list('AppProject', 'argoproj.io')[0]?.namespace ?? 'argocd'
  const lines = new Map<string, number>()
  const objects: Imported[] = []
  const leftOut = new Map<string, LeftOut>()
  const faults: ManifestFault[] = []
  for (const { line, object } of files) {
    const kind = text(object.kind)
    const why = leftOutBecause(object)
    if (why !== null) {
      leftOut.set(kind, { kind, count: (leftOut.get(kind)?.count ?? 0) + 1, why })
      continue
    }
    const namespace = homeOf(object, argocd, input.namespace ?? null)
    const name = text(dict(object.metadata).name)
    if (namespace === null) {
      faults.push({ line, message: `${kind} ${name} has no metadata.namespace: write it, or send \`namespace\` for all that have none` })
      continue
    }
    const key = `${text(object.apiVersion).replace(/\/?[^/]*$/, '')}/${kind}/${namespace}/${name}`
    const before = lines.get(key)
    if (before !== undefined)
      faults.push({ line, message: `${kind} ${name} is in the file twice, first at line ${before}: keep one of them` })
    lines.set(key, line)
    objects.push(imported(object, namespace, moment))
  }
  if (faults.length > 0) return no(faults.slice(0, 20))
  return ok({ objects: [...objects, ...namedByApplications(objects, deploysTo(watched), moment)], leftOut: [...leftOut.values()] })
}

/** Whether an Application of the file deploys to this cluster: its own, or one that a hub reaches by another name. */
function deploysTo({ entry, api }: Watched): (application: SlimRecord) => boolean {
  const reach = { name: entry.name, server: api.server, declared: entry.argocd }
  return ({ facts }) => {
    if (facts.is !== 'application') return false
    const { server, name } = facts.destination
    if (server === 'https://kubernetes.default.svc' || name === 'in-cluster') return entry.argocd?.hub === undefined
    return isDestination(server, reach) || isDestination(name, reach)
  }
}

function countKinds(objects: readonly Imported[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { record } of objects) counts[record.kind] = (counts[record.kind] ?? 0) + 1
  return counts
}

type Moment = { readonly at: Date; readonly placed: 'given' | 'from-file' | 'before-recording' }

/** An imported baseline has its instant for itself, apart from any other imported one. */
async function momentFor(
  db: Pick<Db, 'pool'>,
  input: ImportBaseline,
  files: readonly FromFile[],
  now: number,
): Promise<Result<Moment, ImportRefusal>> {
  const taken = async (ms: number) =>
    (await db.pool.query('SELECT 1 FROM baseline WHERE cluster = $1 AND at = $2 AND imported IS NOT NULL', [input.cluster, new Date(ms)]))
      .rowCount !== 0
  if (input.at !== undefined) {
    const at = new Date(input.at)
    if (await taken(at.getTime()))
      return no({ code: 'bad-input', message: `Another baseline was imported for ${at.toISOString()} already: give another moment.` })
    return ok({ at, placed: 'given' })
  }
  const newest = newestMoment(
    files.map((one) => one.object),
    now,
  )
  let ms = newest ?? (await beforeRecording(db, input.cluster, now))
  while (await taken(ms)) ms--
  return ok({ at: new Date(ms), placed: newest === null ? 'before-recording' : 'from-file' })
}

async function beforeRecording(db: Pick<Db, 'pool'>, cluster: string, now: number): Promise<number> {
  const { rows } = await db.pool.query<{ since: Date | null }>(
    'SELECT min(valid_from) AS since FROM inventory_revision WHERE cluster = $1 AND imported IS NULL',
    [cluster],
  )
  return (rows[0]?.since?.getTime() ?? now) - 1_000
}
