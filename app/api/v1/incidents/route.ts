import { reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { ListIncidents, listIncidents } from '#lib/impact/list-incidents'
import { IncidentSummary } from '#lib/impact/view'

export const GET = reading('incident.read', ListIncidents, listIncidents, {
  answers: pageOf(IncidentSummary),
  about: 'Incidents, newest first.',
})
