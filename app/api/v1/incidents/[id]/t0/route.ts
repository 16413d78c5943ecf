import { z } from 'zod'
import { endpoint } from '#lib/http/endpoint'
import { MoveT0, moveT0 } from '#lib/impact/move-t0'

export const POST = endpoint('incident.change', MoveT0, moveT0, {
  answers: z.object({ id: z.string(), t0: z.string() }),
  about: 'Moves the moment that the incident compares with.',
})
