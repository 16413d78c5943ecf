import { signInByLink, signInByPost } from '#lib/http/session'

export const GET = signInByLink
export const POST = signInByPost
