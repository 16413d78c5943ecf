import { z } from 'zod'
import { exportAudit } from '#lib/audit/export-audit'
import { reading } from '#lib/http/endpoint'
import { jsonLines } from '#lib/http/json-lines'

export const GET = reading('audit.export', z.object({}), jsonLines('audit.jsonl', exportAudit), {
  type: 'application/jsonl',
  about: 'The chain as JSON Lines, ending with the signed head.',
})
