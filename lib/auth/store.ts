import type { Db, Tx } from '../db/client.ts'
import { type Actor, Role } from './schema.ts'
import { hashToken, newToken } from './token.ts'

export type Person = Actor & { readonly kind: 'person'; readonly trial: boolean }

/** A working day with its night: an incident outlasts a shift, a forgotten browser does not outlast a week. */
export const SESSION_MS = 24 * 3_600_000
const LINK_MS = 24 * 3_600_000

type PersonRow = { id: string; name: string; email: string | null; roles: string[]; origin: string }

function toPerson(row: PersonRow): Person {
  return { kind: 'person', id: row.id, name: row.name, email: row.email, roles: rolesOf(row.roles), trial: row.origin === 'trial' }
}

/** Roles that this version knows; others are left out, never guessed. */
function rolesOf(stored: readonly string[]): Role[] {
  return Role.options.filter((role) => stored.includes(role))
}

export async function savePerson(
  db: Db,
  person: { id: string; name: string; roles: readonly Role[]; origin: 'trial' | 'local' | 'oidc'; email?: string },
): Promise<void> {
  const fields = { name: person.name, roles: [...person.roles], origin: person.origin, email: person.email ?? null, disabledAt: null }
  await db.prisma.person.upsert({ where: { id: person.id }, create: { id: person.id, ...fields }, update: fields })
}

export async function findPerson(tx: Tx, id: string): Promise<Person | null> {
  const row = await tx.person.findFirst({ where: { id, disabledAt: null } })
  return row && toPerson(row)
}

export async function listPeople(db: Db, origin: 'trial' | 'local' | 'oidc'): Promise<readonly Person[]> {
  return (await db.prisma.person.findMany({ where: { origin, disabledAt: null }, orderBy: { id: 'asc' } })).map(toPerson)
}

/** Opens a session and answers its token, which is stored nowhere. */
export async function openSession(tx: Tx, person: string, now: number): Promise<{ readonly token: string; readonly until: number }> {
  const token = newToken()
  const until = now + SESSION_MS
  await tx.session.create({ data: { tokenHash: new Uint8Array(hashToken(token)), personId: person, expiresAt: new Date(until) } })
  return { token, until }
}

export async function findSession(db: Db, token: string, now: number): Promise<Person | null> {
  const row = await db.prisma.session.findUnique({ where: { tokenHash: new Uint8Array(hashToken(token)) }, include: { person: true } })
  if (!row || row.revokedAt || row.expiresAt.getTime() <= now || row.person.disabledAt) return null
  return toPerson(row.person)
}

export async function revokeSession(tx: Tx, token: string, now: number): Promise<void> {
  await tx.session.updateMany({
    where: { tokenHash: new Uint8Array(hashToken(token)), revokedAt: null },
    data: { revokedAt: new Date(now) },
  })
}

/** A link that signs one person in, once. */
export async function makeLink(db: Db, person: string, now: number): Promise<string> {
  const token = newToken()
  await db.prisma.signInLink.create({
    data: { tokenHash: new Uint8Array(hashToken(token)), personId: person, expiresAt: new Date(now + LINK_MS) },
  })
  return token
}

/** Whether an administrator other than a demo person has ever signed in. */
export async function someAdministratorCame(db: Db): Promise<boolean> {
  const came = { origin: { not: 'trial' }, roles: { has: 'administrator' }, links: { some: { usedAt: { not: null } } } }
  return (await db.prisma.person.count({ where: came })) > 0
}

/** Uses a link up; null when it is unknown, expired or used. Of two at once only one wins. */
export async function takeLink(tx: Tx, token: string, now: number): Promise<string | null> {
  const tokenHash = new Uint8Array(hashToken(token))
  const { count } = await tx.signInLink.updateMany({
    where: { tokenHash, usedAt: null, expiresAt: { gt: new Date(now) } },
    data: { usedAt: new Date(now) },
  })
  if (count === 0) return null
  return (await tx.signInLink.findUniqueOrThrow({ where: { tokenHash } })).personId
}

export async function saveApiToken(
  tx: Tx,
  made: { id: string; token: string; name: string; roles: readonly Role[]; createdBy: string; expiresAt: Date },
): Promise<void> {
  const { token, roles, ...rest } = made
  await tx.apiToken.create({ data: { ...rest, roles: [...roles], tokenHash: new Uint8Array(hashToken(token)) } })
}

export async function findApiToken(db: Db, token: string, now: number): Promise<Actor | null> {
  const row = await db.prisma.apiToken.findUnique({ where: { tokenHash: new Uint8Array(hashToken(token)) } })
  if (!row || row.revokedAt || row.expiresAt.getTime() <= now) return null
  return { kind: 'token', id: `token:${row.id}`, name: row.name, email: null, roles: rolesOf(row.roles) }
}

/** Drops what can sign nobody in any more. */
export async function sweep(db: Db, now: number): Promise<void> {
  const past = new Date(now - 7 * 24 * 3_600_000)
  await db.prisma.session.deleteMany({ where: { expiresAt: { lt: past } } })
  // Used ones stay: they tell that somebody has come.
  await db.prisma.signInLink.deleteMany({ where: { expiresAt: { lt: past }, usedAt: null } })
  await db.prisma.keptAnswer.deleteMany({ where: { createdAt: { lt: past } } })
}
