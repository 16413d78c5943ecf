import { reading } from '#lib/http/endpoint'
import { ListChanges, listChanges } from '#lib/impact/list-changes'
import { ChangesView } from '#lib/impact/view'

export const GET = reading('cluster.read', ListChanges, listChanges, {
  answers: ChangesView,
  about: 'What changed on a cluster, newest first.',
})
