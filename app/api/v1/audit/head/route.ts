import { z } from 'zod'
import { showHead } from '#lib/audit/show-head'
import { AuditHead } from '#lib/audit/view'
import { reading } from '#lib/http/endpoint'

export const GET = reading('audit.read', z.object({}), showHead, {
  answers: AuditHead,
  about: 'Where the chain ends, and the newest signed head.',
})
