import type { History } from '../inventory/port.ts'
import { commonRevision, shutDownBy } from './common-cause.ts'
import { firstCauses } from './first-cause.ts'
import type { Cause } from './schema.ts'
import type { Found } from './signal-scene.ts'
import type { ServiceRow } from './view.ts'

/** First-cause candidates of a signal from the recorded past; `now` is cluster time in ms. Throws when the past cannot be read. */
export async function findCauses(history: History, rows: readonly ServiceRow[], found: Found, now: number): Promise<readonly Cause[]> {
  const from = new Date(Date.parse(found.since) - 30 * 60_000)
  const to = new Date(now + 60_000)
  await history.flush()
  const [changes, events, audit] = await Promise.all([
    history.changes(from, to, 20_000),
    history.events(from, to, 2_000),
    history.audit(from, to, 20_000),
  ])
  if (found.kind === 'mass-deletion' && found.scope === 'scaled-to-0') return shutDownBy(changes)
  if (found.kind !== 'bad-rollout') return firstCauses({ victims: found.victims, changes, events, audit, since: found.since })
  const degraded = rows.flatMap((row) => (row.application && row.impacts.includes('degraded') ? [row.application] : []))
  const common = commonRevision(new Set(degraded), changes, found.since)
  return common ? [common] : []
}
