import { reading } from '#lib/http/endpoint'
import { ShowRevisions, showRevisions } from '#lib/impact/show-revisions'
import { RevisionsView } from '#lib/impact/view'

export const GET = reading('cluster.read', ShowRevisions, showRevisions, {
  answers: RevisionsView,
  about: 'The recorded versions of an object.',
})
