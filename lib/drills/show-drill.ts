import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { drillView, findDrill } from './store.ts'
import type { DrillView } from './view.ts'

export async function showDrill(
  ctx: { readonly db: Db },
  _permit: Permit<'drill.read'>,
  input: { readonly drill: string },
): Promise<Result<DrillView, { code: 'not-found'; message: string }>> {
  const row = /^[0-9a-f-]{36}$/i.test(input.drill) ? await findDrill(ctx.db, input.drill) : null
  return row ? ok(drillView(row)) : no({ code: 'not-found', message: `There is no drill ${input.drill}.` })
}
