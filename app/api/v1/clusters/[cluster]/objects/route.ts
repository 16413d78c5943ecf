import { reading } from '#lib/http/endpoint'
import { ListObjects, listObjects } from '#lib/impact/list-objects'
import { ObjectsView } from '#lib/impact/view'

export const GET = reading('cluster.read', ListObjects, listObjects, {
  answers: ObjectsView,
  about: 'The inventory with health, service and uid.',
})
