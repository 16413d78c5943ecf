import { reading } from '#lib/http/endpoint'
import { RunbookReadiness } from '#lib/runbooks/view'
import { LookOver, showReadiness } from '#lib/runs/look-over-runbook'

export const GET = reading('runbook.read', LookOver, showReadiness, {
  answers: RunbookReadiness,
  about: 'Whether whoever asks could carry it out on a cluster now, step by step.',
})
