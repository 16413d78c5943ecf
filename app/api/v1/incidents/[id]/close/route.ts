import { endpoint } from '#lib/http/endpoint'
import { CloseIncident, closeIncident } from '#lib/impact/close-incident'
import { IncidentView } from '#lib/impact/view'

export const POST = endpoint('incident.change', CloseIncident, closeIncident, {
  answers: IncidentView,
  about: 'Closes an incident in which nothing is open any more.',
})
