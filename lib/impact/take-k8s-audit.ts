import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { auditEvents, auditLine } from '../inventory/k8s-audit-rules.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { type ImpactContext, noCluster } from './list-services.ts'

/** `events` is JSON of audit.k8s.io/v1: an Event, an EventList, or an Event per line. */
export const TakeK8sAudit = z.object({ cluster: z.string(), events: z.string().min(1) })
export type TakeK8sAudit = z.infer<typeof TakeK8sAudit>
export const K8sAuditTaken = z.object({ kept: z.int(), ignored: z.int() })

/** Up to so many characters at once. */
export const MOST_AUDIT = 10_000_000

/** Keeps what the API server's own audit tells of writes, as proof of who did them. The same event twice is kept once. */
export async function takeK8sAudit(
  ctx: ImpactContext & { readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'k8s-audit.send'>,
  input: TakeK8sAudit,
): Promise<Result<z.infer<typeof K8sAuditTaken>, { readonly code: 'not-found' | 'bad-input'; readonly message: string }>> {
  if (!ctx.clusters.get(input.cluster)) return noCluster(input.cluster)
  const events = auditEvents(input.events)
  if (!events.ok) return no({ code: 'bad-input', message: events.error })
  const kept = events.value.flatMap((event) => auditLine(event) ?? [])
  if (kept.length > 0)
    await ctx.db.pool.query(
      'INSERT INTO inventory_audit (cluster, key, at, line) SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::jsonb[]) ON CONFLICT DO NOTHING',
      [input.cluster, kept.map((one) => one.key), kept.map((one) => one.line.at), kept.map((one) => JSON.stringify(one.line))],
    )
  return ok({ kept: kept.length, ignored: events.value.length - kept.length })
}
