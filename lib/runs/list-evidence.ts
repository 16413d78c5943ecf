import type { Permit } from '../auth/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { listFiles, readFileOf } from './evidence-store.ts'
import { loadRun, type RunningContext } from './store.ts'
import type { EvidenceRow } from './view.ts'

type NotFound = { readonly code: 'not-found'; readonly message: string }

/** GET /runs/{id}/evidence */
export async function listEvidence(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit<'run.read'>,
  input: { readonly id: string },
): Promise<Result<{ items: EvidenceRow[]; next: null }, NotFound>> {
  if (!(await loadRun(ctx.db, input.id))) return no({ code: 'not-found', message: `there is no run ${input.id}` })
  return ok({ items: await listFiles(ctx.db, input.id), next: null })
}

/** GET /runs/{id}/evidence/{evidence}: the file itself, which a browser saves and never shows as ours. */
export async function fetchEvidence(
  ctx: Pick<RunningContext, 'db'>,
  _permit: Permit<'run.read'>,
  input: { readonly id: string; readonly evidence: string },
): Promise<Result<Response, NotFound>> {
  const file = await readFileOf(ctx.db, input.id, input.evidence)
  if (!file) return no({ code: 'not-found', message: 'there is no such file: it was erased, or never here' })
  return ok(
    new Response(file.content, {
      headers: {
        'content-type': file.type,
        'content-length': String(file.size),
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cache-control': 'private, no-store',
        digest: `sha-256=${Buffer.from(file.sha256, 'hex').toString('base64')}`,
      },
    }),
  )
}
