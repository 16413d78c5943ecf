import { endpoint } from '#lib/http/endpoint'
import { MoveT0, moveT0 } from '#lib/impact/move-t0'

export const POST = endpoint('incident.change', MoveT0, moveT0, { about: 'Moves the moment that the incident compares with.' })
