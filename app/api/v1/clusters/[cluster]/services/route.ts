import { reading } from '#lib/http/endpoint'
import { ListServices, listServices } from '#lib/impact/list-services'
import { ServicesView } from '#lib/impact/view'

export const GET = reading('service.read', ListServices, listServices, {
  answers: ServicesView,
  about: 'The services of a cluster with their impact.',
})
