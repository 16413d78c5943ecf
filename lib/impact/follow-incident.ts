import type { Db } from '../db/client.ts'
import type { History } from '../inventory/port.ts'
import { openIncidentOf, repinT0 } from './store.ts'
import type { LiveBoard } from './watch-impact.ts'

export type IncidentWatch = {
  /** The open incident of the cluster, as of the last look. */
  id(): string | null
  /** Brings the board to the T0 of the open incident, or back to calm; true when that moved. */
  follow(): Promise<boolean>
  /** Moves T0 of an incident, if this signal is the one that opened it. */
  repin(incident: string, signal: string, t0: string): Promise<void>
}

export type IncidentWatchOptions = {
  readonly db: Db
  readonly cluster: string
  readonly history: History
  readonly board: () => LiveBoard | null
  readonly onError?: ((error: unknown, what: string) => void) | undefined
}

/** Keeps the board of a cluster compared with T0 of its open incident. */
export function followIncident({ db, cluster, history, board, onError }: IncidentWatchOptions): IncidentWatch {
  let incident: string | null = null
  let compared = ''
  return {
    id: () => incident,
    async follow() {
      const open = await openIncidentOf(db, cluster)
      incident = open?.id ?? null
      const t0 = open?.t0.toISOString() ?? ''
      const on = board()
      if (!on || t0 === compared) return false
      const records = open
        ? await history.at(open.t0).catch((error: unknown) => {
            onError?.(error, 'the state at T0 could not be read')
            return []
          })
        : []
      on.compareWith(open ? t0 : null, records)
      compared = t0
      return true
    },
    async repin(of, signal, t0) {
      const open = await openIncidentOf(db, cluster)
      if (open?.id === of && open.signals[0] === signal) await repinT0(db, of, t0)
    },
  }
}
