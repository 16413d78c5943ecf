import type { Metadata } from 'next'
import { ChangesScreen } from '#components/inventory/changes-screen'
import { NoCluster } from '#components/situation/no-cluster'
import { read } from '#lib/http/read'
import { ListChanges, listChanges } from '#lib/impact/list-changes'
import { chosenCluster, given, type Query } from '../chosen-cluster.ts'

export const metadata: Metadata = { title: 'Changes' }

export default async function ChangesPage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const query = await searchParams
  const cluster = await chosenCluster(query)
  if (!cluster) return <NoCluster />
  const asked = ListChanges.safeParse({ ...given(query, ['from', 'to', 'namespace', 'actor']), cluster })
  return <ChangesScreen key={cluster} painted={await read('cluster.read', listChanges, asked.success ? asked.data : { cluster })} />
}
