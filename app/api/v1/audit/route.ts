import { ListAudit, listAudit } from '#lib/audit/list-audit'
import { AuditRow } from '#lib/audit/view'
import { reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'

export const GET = reading('audit.read', ListAudit, listAudit, { answers: pageOf(AuditRow), about: 'Audit entries, newest first.' })
