import { z } from 'zod'
import { showDrill } from '#lib/drills/show-drill'
import { DrillView } from '#lib/drills/view'
import { reading } from '#lib/http/endpoint'

export const GET = reading('drill.read', z.object({ drill: z.string() }), showDrill, { answers: DrillView, about: 'One drill.' })
