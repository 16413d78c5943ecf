import pg from 'pg'
import { sleep } from '../kernel/pace.ts'

// Any fixed number; it only has to be ours.
const OWNER = 7_302_110_402

export class AlreadyUsed extends Error {
  override readonly name = 'AlreadyUsed'
  readonly pid: number
  readonly port: number
  constructor(pid: number, port: number) {
    super(
      `This data is already used by pid ${pid}, port ${port}. Open http://127.0.0.1:${port}, stop that process (kill ${pid}), or set BLACKSTART_DATA to another folder.`,
    )
    this.pid = pid
    this.port = port
  }
}

export type Ownership = { readonly lost: boolean; release(): Promise<void> }

/**
 * One process owns the embedded data, by a session advisory lock: when the process dies, Postgres gives it back.
 * Throws `AlreadyUsed` when a live process keeps it. `onLost` tells that the connection broke (Postgres went away).
 */
export async function own(url: string, port: number, onLost: () => void = () => {}): Promise<Ownership> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `blackstart owner pid=${process.pid} port=${port}`,
    keepAlive: true,
  })
  let lost = false
  let released = false
  client.on('error', () => {})
  client.on('end', () => {
    lost = true
    if (!released) onLost()
  })
  await client.connect()
  // A process just killed may keep the lock until Postgres has seen its connection close.
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [OWNER])
    if (rows[0]?.got) break
    const holder = await holderOf(client)
    if (tries >= 50 || (tries >= 5 && holder && alive(holder.pid))) {
      released = true
      await client.end()
      throw new AlreadyUsed(holder?.pid ?? 0, holder?.port ?? 0)
    }
    await sleep(100)
  }
  return {
    get lost() {
      return lost
    },
    async release() {
      released = true
      await client.end().catch(() => {})
    },
  }
}

async function holderOf(client: pg.Client): Promise<{ readonly pid: number; readonly port: number } | null> {
  const { rows } = await client.query<{ application_name: string }>(
    `SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32) | l.objid::bigint = $1 AND l.objsubid = 1`,
    [OWNER],
  )
  const found = /pid=(\d+) port=(\d+)/.exec(rows[0]?.application_name ?? '')
  return found ? { pid: Number(found[1]), port: Number(found[2]) } : null
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
