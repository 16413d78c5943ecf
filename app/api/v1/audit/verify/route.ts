import { z } from 'zod'
import { verifyAudit } from '#lib/audit/verify-audit'
import { AuditVerdict } from '#lib/audit/view'
import { endpoint } from '#lib/http/endpoint'

export const POST = endpoint('audit.verify', z.object({ fold: z.boolean().optional() }), verifyAudit, {
  answers: AuditVerdict,
  keyless: true,
  about: 'Verifies the whole chain and names the first bad entry.',
})
