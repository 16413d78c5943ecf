import { z } from 'zod'
import { reading } from '#lib/http/endpoint'
import { fetchEvidence } from '#lib/runs/list-evidence'

export const GET = reading('run.read', z.object({ id: z.string(), evidence: z.string() }), fetchEvidence, {
  type: 'application/octet-stream',
  about: 'One of the files, to be saved.',
})
