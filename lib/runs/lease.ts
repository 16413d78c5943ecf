import type { Db, Tx } from '../db/client.ts'

/** A driver's hold on a run: by the database's clock, renewed in time or lost. */
export const TTL_MS = 9_000
export const RENEW_MS = 3_000
/** No request leaves with less than this left. */
export const SPARE_MS = 3_000

export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Takes a run that nobody drives, or whose driver let its lease run out; the new epoch fences the old one. Null while another holds it. */
export async function takeLease(db: Pick<Db, 'pool'>, run: string, holder: string): Promise<number | null> {
  const { rows } = await db.pool.query<{ epoch: number }>(
    `INSERT INTO run_driver (run, holder, epoch, expires_at) VALUES ($1::uuid, $2, 1, now() + make_interval(secs => $3))
     ON CONFLICT (run) DO UPDATE SET holder = excluded.holder, epoch = run_driver.epoch + 1, expires_at = excluded.expires_at WHERE run_driver.expires_at <= now()
     RETURNING epoch`,
    [run, holder, TTL_MS / 1000],
  )
  return rows[0]?.epoch ?? null
}

/** Keeps it; false when another epoch has begun. A lease that ran out unclaimed is taken up again. */
export async function renewLease(db: Pick<Db, 'pool'>, run: string, epoch: number): Promise<boolean> {
  const { rowCount } = await db.pool.query(
    'UPDATE run_driver SET expires_at = now() + make_interval(secs => $3) WHERE run = $1::uuid AND epoch = $2',
    [run, epoch, TTL_MS / 1000],
  )
  return rowCount === 1
}

export async function releaseLease(db: Pick<Db, 'pool'>, run: string, epoch: number): Promise<void> {
  await db.pool.query('UPDATE run_driver SET expires_at = now() WHERE run = $1::uuid AND epoch = $2', [run, epoch])
}

/** Inside the transaction of an append: throws when this epoch no longer drives the run. */
export async function assertLease(tx: Tx, run: string, epoch: number): Promise<void> {
  const rows = await tx.$queryRawUnsafe<unknown[]>(
    'SELECT 1 FROM run_driver WHERE run = $1::uuid AND epoch = $2 AND expires_at > now() FOR SHARE',
    run,
    epoch,
  )
  if (rows.length === 0) throw new LeaseLost(`run ${run} is driven by another process`)
}
