import { endpoint, reading } from '#lib/http/endpoint'
import { ofRemoval } from '#lib/http/service-path'
import { AcceptRemoval, acceptRemoval } from '#lib/impact/accept-removal'
import { lookAtPast } from '#lib/impact/look-at-past'
import { ShowService, showService } from '#lib/impact/show-service'
import { ServiceRow, ServiceView } from '#lib/impact/view'

export const GET = reading('service.read', ShowService, lookAtPast(showService), {
  answers: ServiceView,
  about: 'A service with its objects, dependencies and history.',
})
export const POST = endpoint('service.accept-removal', AcceptRemoval, ofRemoval(acceptRemoval), {
  answers: ServiceRow,
  about: 'With /accept-removal at the end: the service is meant to be gone.',
})
