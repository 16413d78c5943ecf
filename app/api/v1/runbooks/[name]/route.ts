import { reading } from '#lib/http/endpoint'
import { ByName } from '#lib/http/schema'
import { showRunbook } from '#lib/runbooks/list-runbooks'
import { RunbookView } from '#lib/runbooks/view'

export const GET = reading('runbook.read', ByName, showRunbook, { answers: RunbookView, about: 'A runbook, parsed.' })
