import { readSituation } from './read-situation.ts'

export type Query = Readonly<Record<string, string | string[] | undefined>>

/** The cluster that an address asks for, else the first; null where none is connected. */
export async function chosenCluster({ cluster }: Query): Promise<string | null> {
  const { clusters } = await readSituation()
  return (clusters.find((one) => one.name === cluster) ?? clusters[0])?.name ?? null
}
