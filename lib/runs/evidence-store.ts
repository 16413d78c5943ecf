import type { Db, Tx } from '../db/client.ts'
import type { EvidenceRow } from './view.ts'

type Row = Omit<EvidenceRow, 'at' | 'by'> & { at: Date; by_actor: string }
const COLUMNS = 'id::text, step, name, type, size, sha256, note, by_actor, at'

function rowOf({ by_actor, at, ...row }: Row): EvidenceRow {
  return { ...row, by: by_actor, at: at.toISOString() }
}

/** The files of a run, oldest first, without their content. */
export async function listFiles(db: Pick<Db, 'pool'>, run: string): Promise<EvidenceRow[]> {
  const { rows } = await db.pool.query<Row>(`SELECT ${COLUMNS} FROM run_evidence WHERE run = $1::uuid ORDER BY at, id`, [run])
  return rows.map(rowOf)
}

/** One file with its content; null when the run has no such file. */
export async function readFileOf(
  db: Pick<Db, 'pool'>,
  run: string,
  id: string,
): Promise<(EvidenceRow & { readonly content: Uint8Array<ArrayBuffer> }) | null> {
  const { rows } = await db.pool.query<Row & { content: Buffer<ArrayBuffer> }>(
    `SELECT ${COLUMNS}, content FROM run_evidence WHERE run::text = $1 AND id::text = $2`,
    [run, id],
  )
  if (!rows[0]) return null
  const { content, ...row } = rows[0]
  return { ...rowOf(row), content: new Uint8Array(content) }
}

export async function saveFile(tx: Tx, run: string, file: EvidenceRow, content: Uint8Array): Promise<void> {
  await tx.$executeRawUnsafe(
    `INSERT INTO run_evidence (id, run, step, name, type, size, sha256, note, by_actor, at, content)
     VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10::timestamptz, $11)`,
    file.id,
    run,
    file.step,
    file.name,
    file.type,
    file.size,
    file.sha256,
    file.note,
    file.by,
    file.at,
    content,
  )
}
