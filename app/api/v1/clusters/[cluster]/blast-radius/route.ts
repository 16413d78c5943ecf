import { BlastView } from '#lib/argocd/view'
import { reading } from '#lib/http/endpoint'
import { ShowBlastRadius, showBlastRadius } from '#lib/impact/show-blast-radius'

export const GET = reading('cluster.read', ShowBlastRadius, showBlastRadius, {
  answers: BlastView,
  about: 'What would go with an object, and by what mechanism.',
})
