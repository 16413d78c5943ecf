import type { History } from '../inventory/port.ts'

/** The instant to compare with: the wanted one, or the first of which everything is recorded when that is later. */
export async function chooseT0(history: History, wanted: string): Promise<string> {
  await history.flush()
  const since = await history.wholeSince()
  return since !== null && since > wanted ? since : wanted
}
