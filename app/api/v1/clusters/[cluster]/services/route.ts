import { reading } from '#lib/http/endpoint'
import { ListServices, listServices } from '#lib/impact/list-services'
import { lookAtPast } from '#lib/impact/look-at-past'
import { ServicesView } from '#lib/impact/view'

export const GET = reading('service.read', ListServices, lookAtPast(listServices), {
  answers: ServicesView,
  about: 'The services of a cluster with their impact.',
})
