import { reading } from '#lib/http/endpoint'
import { ShowRevisions, showRevisions } from '#lib/impact/show-revisions'

export const GET = reading('cluster.read', ShowRevisions, showRevisions, {
  about: 'One recorded version, as it was or as it would be restored.',
})
