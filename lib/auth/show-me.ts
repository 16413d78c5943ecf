import { databaseAway } from '../db/away.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { deedsOf } from './rules.ts'
import type { Permit } from './schema.ts'
import { listPeople } from './store.ts'
import type { MeView } from './view.ts'

/** Who is asking, and what they may do. */
export async function showMe(
  ctx: { readonly db: Db; readonly trial: () => boolean },
  permit: Permit<'me.read'>,
): Promise<Result<MeView, never>> {
  const { kind, id, name, email, roles } = permit.by
  const trial = ctx.trial()
  const people = trial && kind === 'person' ? await listPeople(ctx.db, 'trial').catch(withoutDatabase) : []
  const others = people.filter((one) => one.id !== id).map((one) => ({ id: one.id, name: one.name, roles: [...one.roles] }))
  return ok({ person: { kind, id, name, email }, roles: [...roles], permissions: deedsOf(roles), trial, others })
}

function withoutDatabase(error: unknown): [] {
  if (databaseAway(error)) return []
  throw error
}
