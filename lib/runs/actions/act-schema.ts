import type { ApiRequest } from '../../cluster/port.ts'
import type { ActItem } from '../entry-schema.ts'

/** One thing an act would do: its entry in the chain, the request, and whether it is needed at all. */
export type PlannedItem = {
  readonly item: ActItem
  readonly request: ApiRequest | null
  readonly live: Readonly<Record<string, unknown>> | null
  readonly state: 'todo' | 'already-so' | 'failed' | 'conflict'
  readonly note: string
}
export type PlannedAct = { readonly items: readonly PlannedItem[]; readonly notes: readonly string[] }
