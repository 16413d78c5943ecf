import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { listFiles, saveFile } from './evidence-store.ts'
import { plannedStep } from './rules.ts'
import { actorRef } from './start-run.ts'
import { appendRun, lockRun } from './store.ts'
import type { EvidenceRow } from './view.ts'

/** Bytes of one file. */
export const MAX_FILE = 5_000_000
const MAX_FILES = 100
const TYPES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'text/plain',
  'text/csv',
  'application/json',
  'application/yaml',
  'application/pdf',
  'application/gzip',
] as const

export const AddEvidence = z.object({
  id: z.string(),
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^/\\\p{Cc}]+$/u, 'a file name without slashes'),
  type: z.enum(TYPES, `one of ${TYPES.join(', ')}`),
  step: z.string().optional(),
  note: z.string().trim().max(2000).default(''),
  /** The content in base64. */
  data: z.base64().min(1),
  key: z.string().optional(),
})
export type AddEvidence = z.infer<typeof AddEvidence>
type Refusal = { readonly code: 'not-found' | 'too-large' | 'bad-input'; readonly message: string }

/** Puts a file beside a run, also a closed one; its SHA-256 goes into the chain, the file and its name do not. */
export async function addEvidence(
  ctx: { readonly db: Db },
  permit: Permit<'run.command'>,
  input: AddEvidence,
): Promise<Result<EvidenceRow, Refusal>> {
  const content = new Uint8Array(Buffer.from(input.data, 'base64'))
  if (content.length > MAX_FILE) return no({ code: 'too-large', message: `A file of evidence has at most ${MAX_FILE / 1_000_000} MB.` })
  const actor = actorRef(permit.by)
  return ctx.db.tx(async (tx) => {
    const run = /^[0-9a-f-]{36}$/i.test(input.id) ? await lockRun(tx, input.id) : null
    if (!run) return no({ code: 'not-found' as const, message: `there is no run ${input.id}` })
    if (input.step !== undefined && !plannedStep(run, input.step))
      return no({ code: 'bad-input' as const, message: `there is no step ${input.step} in this run` })
    if ((await listFiles(ctx.db, run.id)).length >= MAX_FILES)
      return no({ code: 'too-large' as const, message: `A run has at most ${MAX_FILES} files.` })
    const file: EvidenceRow = {
      id: newId(),
      step: input.step ?? null,
      name: input.name,
      type: input.type,
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      note: input.note,
      by: actor.id,
      at: new Date().toISOString(),
    }
    await saveFile(tx, run.id, file, content)
    const { sha256, size, type } = file
    const step = file.step === null ? {} : { step: file.step }
    await appendRun(tx, run, actor, [{ kind: 'run.evidence-added', data: { evidence: file.id, sha256, size, type, ...step } }])
    return ok(file)
  })
}
