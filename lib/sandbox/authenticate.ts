import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ADMIN, ANONYMOUS, type Ask, isAllowed, refusalText, serviceAccount, type User } from './access.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest, forbidden } from './refusal.ts'
import type { Storage } from './storage.ts'

export type Credentials = {
  /** The user of a bearer token; null when the token is nobody's, or its account is gone. */
  knownUser(token: string): User | null
  issue(account: Obj): string
}

export function createCredentials(storage: Storage, adminToken: string): Credentials {
  const tokens = new Map<string, { namespace: string; name: string; uid: string }>()
  const wanted = Buffer.from(adminToken)
  return {
    knownUser(token) {
      const given = Buffer.from(token)
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return ADMIN
      const account = tokens.get(token)
      if (!account) return null
      const stored = storage.get('serviceaccounts', account.namespace, account.name)
      return stored?.metadata.uid === account.uid ? serviceAccount(account.namespace, account.name, account.uid) : null
    },
    issue({ metadata }) {
      const token = randomBytes(32).toString('base64url')
      tokens.set(token, { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid })
      return token
    },
  }
}

export const UNAUTHORIZED = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' }

export function bearerOf(request: IncomingMessage): string | null {
  return request.headers.authorization?.replace(/^Bearer\s+/i, '') ?? null
}

/** Who sends a request; throws `ApiRefusal` 401 for a token that is nobody's. */
export function authenticate(credentials: Credentials, request: IncomingMessage): User {
  const token = bearerOf(request)
  if (token === null) return ANONYMOUS
  const user = credentials.knownUser(token)
  if (!user) throw new ApiRefusal(UNAUTHORIZED)
  return user
}

type Mask = { readonly name: string; readonly uid: string; readonly groups: string[]; readonly extra: Record<string, string[]> }

const EXTRA = 'impersonate-extra-'

function maskOf(request: IncomingMessage): Mask {
  const all = (name: string) => request.headersDistinct[name] ?? []
  const extra: Record<string, string[]> = {}
  for (const header of Object.keys(request.headersDistinct))
    if (header.startsWith(EXTRA)) extra[decodeURIComponent(header.slice(EXTRA.length))] = all(header)
  return { name: all('impersonate-user')[0] ?? '', uid: all('impersonate-uid')[0] ?? '', groups: all('impersonate-group'), extra }
}

function wantedFor({ groups, name }: Mask, account: RegExpExecArray | null): Exclude<Ask, { path: string }>[] {
  const base = { verb: 'impersonate', group: '', subresource: '', namespace: '' }
  return [
    account
      ? { ...base, resource: 'serviceaccounts', namespace: account[1] ?? '', name: account[2] ?? '' }
      : { ...base, resource: 'users', name },
    ...groups.map((group) => ({ ...base, resource: 'groups', name: group })),
  ]
}

/** The user that `user` acts as by the Impersonate headers; throws `ApiRefusal` 403 when that is not granted. */
export function impersonate(storage: Storage, request: IncomingMessage, user: User, ask: Ask): User {
  const mask = maskOf(request)
  if (mask.name === '') {
    if (mask.groups.length === 0 && Object.keys(mask.extra).length === 0) return user
    const shown = mask.groups.map((group) => JSON.stringify(group)).join(', ')
    throw badRequest(
      `requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{${shown}}, Extra:map[string][]string(nil)} without impersonating a user name`,
    )
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(mask.name)
  const refused = wantedFor(mask, account).find((wanted) => !isAllowed(storage, user, wanted))
  if (refused) throw refuseMask(storage, user, ask, refused)
  const own = account ? serviceAccount(account[1] ?? '', account[2] ?? '', '').groups : []
  const groups = mask.groups.length > 0 ? mask.groups : own
  return { name: mask.name, uid: mask.uid, groups: [...new Set([...groups, 'system:authenticated'])], extra: mask.extra }
}

/** An account without any impersonation rule is told of the request itself, others of what they may not wear. */
function refuseMask(storage: Storage, user: User, ask: Ask, wanted: Exclude<Ask, { path: string }>): ApiRefusal {
  const any = ['users', 'groups', 'serviceaccounts'].some((resource) => mayImpersonate(storage, user, resource))
  if (any || 'path' in ask) return forbidden({ plural: wanted.resource, group: '', kind: '' }, wanted.name, refusalText(user, wanted))
  const verb = `impersonate-on:user-info:${ask.verb}`
  return forbidden({ plural: ask.resource, group: ask.group, kind: '' }, ask.name, refusalText(user, { ...ask, verb }))
}

function mayImpersonate(storage: Storage, user: User, resource: string): boolean {
  if (isAllowed(storage, user, { verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name: '' })) return true
  return storage
    .list('clusterroles.rbac.authorization.k8s.io')
    .some((role) =>
      (role.rules ?? []).some(
        (rule: { verbs?: string[]; resources?: string[]; resourceNames?: string[] }) =>
          rule.verbs?.includes('impersonate') &&
          rule.resources?.includes(resource) &&
          rule.resourceNames?.some((name) =>
            isAllowed(storage, user, { verb: 'impersonate', group: '', resource, subresource: '', namespace: '', name }),
          ),
      ),
    )
}
