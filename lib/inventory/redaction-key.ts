import { randomBytes } from 'node:crypto'
import type { Db } from '../db/client.ts'

/** The key of the short HMACs that stand for secrets, the same for every process on this database; made when first asked for. */
export async function readRedactionKey({ pool }: Pick<Db, 'pool'>): Promise<Uint8Array> {
  const ask = () => pool.query<{ key: Buffer }>('SELECT key FROM inventory_key')
  const known = (await ask()).rows[0]
  if (known) return known.key
  await pool.query('INSERT INTO inventory_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [randomBytes(32)])
  const made = (await ask()).rows[0]
  if (!made) throw new Error('the key of redaction was not stored')
  return made.key
}
