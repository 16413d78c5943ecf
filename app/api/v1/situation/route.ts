import { z } from 'zod'
import { reading } from '#lib/http/endpoint'
import { showSituation } from '#lib/impact/show-situation'
import { SituationView } from '#lib/impact/view'

export const GET = reading('situation.read', z.object({}), showSituation, { answers: SituationView, about: 'Everything at a glance.' })
