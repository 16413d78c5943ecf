import { z } from 'zod'
import { reading } from '#lib/http/endpoint'
import { no } from '#lib/kernel/result'

const NOTHING = no({ code: 'not-found', message: 'The API has nothing at this address; /api/v1/openapi.json lists what it has.' } as const)

export const GET = reading('me.read', z.looseObject({}), () => NOTHING)
export const POST = GET
export const PUT = GET
export const PATCH = GET
export const DELETE = GET
