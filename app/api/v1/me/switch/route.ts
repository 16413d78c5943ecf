import { switchTo } from '#lib/http/session'

export const POST = switchTo
