import { endpoint, reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { ListIncidents, listIncidents } from '#lib/impact/list-incidents'
import { OpenIncident, openIncident } from '#lib/impact/open-incident'
import { IncidentSummary, IncidentView } from '#lib/impact/view'

export const GET = reading('incident.read', ListIncidents, listIncidents, {
  answers: pageOf(IncidentSummary),
  about: 'Incidents, newest first.',
})
export const POST = endpoint('incident.change', OpenIncident, openIncident, {
  answers: IncidentView,
  status: 201,
  about: 'Opens an incident that no signal has opened.',
})
