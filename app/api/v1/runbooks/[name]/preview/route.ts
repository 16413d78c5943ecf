import { reading } from '#lib/http/endpoint'
import { RunbookPreview } from '#lib/runbooks/view'
import { LookOver, previewRunbook } from '#lib/runs/look-over-runbook'

export const GET = reading('runbook.read', LookOver, previewRunbook, {
  answers: RunbookPreview,
  about: 'What each act would touch on a cluster now; changes nothing.',
})
