import { house } from '../boot/context.ts'
import { handler } from './endpoint.ts'

/** The process answers. */
export const health = handler(null, null, { about: 'The process is alive.' }, async () =>
  Response.json({ ok: true }, { headers: { 'cache-control': 'no-store' } }),
)

/** Booted once; later losses are told in the body, not the status: whoever shows state should not be taken away for it. */
export const readiness = handler(null, null, { about: 'The process has started; what it lost since is in the body.' }, async () => {
  const { stage, trouble, ctx } = house()
  const clusters =
    ctx?.clusters
      .all()
      .map((one) => ({ name: one.entry.name, ready: one.inventory.ready(), freshness: one.inventory.facts().freshness })) ?? []
  const body = { ready: stage === 'up', stage, trouble, database: ctx?.databaseUp() ?? false, clusters }
  return Response.json(body, { status: ctx && stage === 'up' ? 200 : 503, headers: { 'cache-control': 'no-store' } })
})
