import { reading } from '#lib/http/endpoint'
import { ShowIncident, showIncident } from '#lib/impact/show-incident'
import { IncidentView } from '#lib/impact/view'

export const GET = reading('incident.read', ShowIncident, showIncident, {
  answers: IncidentView,
  about: 'Signals, T0, lead, runs, notes and clocks of an incident.',
})
