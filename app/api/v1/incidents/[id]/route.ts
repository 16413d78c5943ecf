import { reading } from '#lib/http/endpoint'
import { ShowIncident, showIncident } from '#lib/impact/show-incident'

export const GET = reading('incident.read', ShowIncident, showIncident, {
  about: 'Signals, T0, lead, runs, notes and clocks of an incident.',
})
