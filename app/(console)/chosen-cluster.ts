import { readSituation } from './read-situation.ts'

export type Query = Readonly<Record<string, string | string[] | undefined>>

/** The cluster that an address asks for, else the first; null where none is connected. */
export async function chosenCluster({ cluster }: Query): Promise<string | null> {
  const { clusters } = await readSituation()
  return (clusters.find((one) => one.name === cluster) ?? clusters[0])?.name ?? null
}

/** Those of the named questions that an address really asks. */
export function given(query: Query, names: readonly string[]): Query {
  return Object.fromEntries(names.flatMap((name) => (query[name] ? [[name, query[name]]] : [])))
}
