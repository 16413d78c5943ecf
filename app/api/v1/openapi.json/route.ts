import { z } from 'zod'
import { reading } from '#lib/http/endpoint'
import { openApi } from '#lib/http/openapi'
import { ROUTES } from './routes.ts'

export const GET = reading('me.read', z.object({}), () => ({ ok: true, value: openApi(ROUTES) }), { about: 'This API, as OpenAPI 3.1.' })
