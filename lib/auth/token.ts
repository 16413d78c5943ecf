import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { type Actor, Role } from './schema.ts'

/** 256 random bits for a cookie, a link or an API token; only its hash is ever stored. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Equal in constant time whatever their lengths. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashToken(a), hashToken(b))
}

const Sealed = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  roles: z.array(Role),
  trial: z.boolean(),
  until: z.number(),
})
type Sealed = z.infer<typeof Sealed>

export type Cookie = { readonly token: string; readonly who: (Actor & { readonly trial: boolean }) | null }

/**
 * The session cookie: the token, and who it was given to, signed, so that reading stays possible
 * while the database that knows the session is away. `until` is ms since the epoch.
 */
export function sealCookie(key: Buffer, token: string, who: Sealed): string {
  const said = Buffer.from(JSON.stringify(who)).toString('base64url')
  return `${token}.${said}.${signature(key, token, said)}`
}

/** What a cookie says; `who` is null when its signature or its time does not hold (the token may still be good). */
export function openCookie(key: Buffer, value: string, now: number): Cookie {
  const [token = '', said = '', signed = ''] = value.split('.')
  if (!sameSecret(signed, signature(key, token, said))) return { token, who: null }
  const who = Sealed.safeParse(JSON.parse(Buffer.from(said, 'base64url').toString()))
  if (!who.success || who.data.until <= now) return { token, who: null }
  return {
    token,
    who: { kind: 'person', id: who.data.id, name: who.data.name, email: who.data.email, roles: who.data.roles, trial: who.data.trial },
  }
}

function signature(key: Buffer, token: string, said: string): string {
  return createHmac('sha256', key).update(`${token}.${said}`).digest('base64url')
}
