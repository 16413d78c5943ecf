import { endpoint, listing } from '#lib/http/endpoint'
import { ById, pageOf } from '#lib/http/schema'
import { AddEvidence, addEvidence, MAX_FILE } from '#lib/runs/add-evidence'
import { listEvidence } from '#lib/runs/list-evidence'
import { EvidenceRow } from '#lib/runs/view'

export const GET = listing('run.read', ById, listEvidence, { answers: pageOf(EvidenceRow), about: 'The files beside a run.' })
export const POST = endpoint('run.command', AddEvidence, addEvidence, {
  answers: EvidenceRow,
  status: 201,
  fileUpTo: MAX_FILE,
  about: 'Puts a file beside a run: as JSON with its content in base64, or as a form with a `file`.',
})
