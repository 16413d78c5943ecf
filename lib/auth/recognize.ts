import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import type { Actor } from './schema.ts'
import { findApiToken, findSession } from './store.ts'
import { openCookie, sameSecret } from './token.ts'

export const COOKIE = 'blackstart_session'

/** What the door shows of a request. */
export type Bearer = { readonly cookie: string | null; readonly authorization: string | null }

export type AuthKeys = { readonly cookieKey: Buffer; readonly bootstrapToken: string | null }

export type NotSignedIn = { readonly code: 'not-signed-in' | 'database-away'; readonly message: string }

/** `readOnly`: the database that knows the session is away, and only the cookie's signature spoke for it. */
export type Recognized = { readonly actor: Actor; readonly by: 'cookie' | 'token'; readonly readOnly: boolean }

export type RecognizeCtx = {
  readonly db: Db
  readonly keys: AuthKeys
  /** Whether the demo people count here and now: the trial, and nothing but sandboxes to touch. */
  readonly trial: () => boolean
}

/** The one place where somebody is recognized. */
export async function recognize(ctx: RecognizeCtx, bearer: Bearer, now: number): Promise<Result<Recognized, NotSignedIn>> {
  const token = /^Bearer\s+(\S+)$/i.exec(bearer.authorization ?? '')?.[1]
  if (token !== undefined) return byToken(ctx, token, now)
  const cookie = cookieValue(bearer.cookie, COOKIE)
  if (cookie === null) return no({ code: 'not-signed-in', message: 'Sign in first.' })
  return byCookie(ctx, cookie, now)
}

async function byToken(ctx: RecognizeCtx, token: string, now: number): Promise<Result<Recognized, NotSignedIn>> {
  if (ctx.keys.bootstrapToken !== null && sameSecret(token, ctx.keys.bootstrapToken)) {
    return ok({
      actor: { kind: 'bootstrap', id: 'bootstrap', name: 'Bootstrap token', email: null, roles: ['administrator'] },
      by: 'token',
      readOnly: false,
    })
  }
  try {
    const actor = await findApiToken(ctx.db, token, now)
    return actor
      ? ok({ actor, by: 'token', readOnly: false })
      : no({ code: 'not-signed-in', message: 'This token is unknown, expired or revoked.' })
  } catch (error) {
    if (!databaseAway(error)) throw error
    return no({ code: 'database-away', message: 'The database is away, so this token cannot be looked up. Try again in a moment.' })
  }
}

async function byCookie(ctx: RecognizeCtx, value: string, now: number): Promise<Result<Recognized, NotSignedIn>> {
  const { token, who } = openCookie(ctx.keys.cookieKey, value, now)
  const gone = no({ code: 'not-signed-in', message: 'This session has ended. Sign in again.' } as const)
  try {
    const person = await findSession(ctx.db, token, now)
    if (!person || (person.trial && !ctx.trial())) return gone
    return ok({ actor: person, by: 'cookie', readOnly: false })
  } catch (error) {
    if (!databaseAway(error)) throw error
    if (!who || (who.trial && !ctx.trial())) return gone
    return ok({ actor: who, by: 'cookie', readOnly: true })
  }
}

/** The value of one cookie of a Cookie header; null when it is not there. */
export function cookieValue(header: string | null, name: string): string | null {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
