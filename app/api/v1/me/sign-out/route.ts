import { leave } from '#lib/http/session'

export const POST = leave
