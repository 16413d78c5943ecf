import { newId } from '../lib/kernel/id.ts'
import type { Session } from './session.ts'
import { quantile, type Row } from './table.ts'

const TIMES = 60

/** From sending a command of a run to its 202, when its entry is durable, beside a bare committed INSERT. */
export async function commanded(session: Session): Promise<Row[]> {
  const started = await session.admin.send('/runs', {
    runbook: 'argocd-namespace-deleted',
    kind: 'tabletop',
    clusters: ['sandbox'],
    key: newId(),
  })
  const run = started.body as { id: string }
  if (started.status !== 201) throw new Error(`no run: ${started.status} ${JSON.stringify(started.body)}`)
  const ours: number[] = []
  for (let i = 0; i < TIMES; i++) {
    const at = performance.now()
    const answer = await session.admin.send(`/runs/${run.id}/commands`, { do: 'comment', text: `measured ${i}`, key: newId() })
    if (answer.status !== 202) throw new Error(`comment: ${answer.status} ${JSON.stringify(answer.body)}`)
    ours.push(performance.now() - at)
  }
  await session.admin.send(`/runs/${run.id}/commands`, { do: 'abort', reason: 'end of the measurement', key: newId() })
  await session.database.query('CREATE TABLE IF NOT EXISTS bench_insert (id bigserial PRIMARY KEY, body text NOT NULL)')
  const reference: number[] = []
  for (let i = 0; i < TIMES; i++) {
    const at = performance.now()
    await session.database.query('INSERT INTO bench_insert (body) VALUES ($1)', [`measured ${i}`.repeat(20)])
    reference.push(performance.now() - at)
  }
  await session.database.query('DROP TABLE bench_insert')
  const row = (p: number): Row => ({
    what: `command to durable entry, p${p * 100}`,
    ours: quantile(ours, p),
    reference: quantile(reference, p),
    unit: 'ms',
    against: 'one committed INSERT on the same server',
    atMost: null,
  })
  return [row(0.5), row(0.95)]
}
