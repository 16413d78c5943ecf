import { z } from 'zod'
import { showMe } from '#lib/auth/show-me'
import { MeView } from '#lib/auth/view'
import { reading } from '#lib/http/endpoint'

export const GET = reading('me.read', z.object({}), showMe, { answers: MeView, about: 'Who is asking, and what they may do.' })
