import type { Metadata } from 'next'
import { ObjectsScreen } from '#components/inventory/objects-screen'
import { NoCluster } from '#components/situation/no-cluster'
import { read } from '#lib/http/read'
import { ListObjects, listObjects } from '#lib/impact/list-objects'
import { chosenCluster, given, type Query } from '../chosen-cluster.ts'

export const metadata: Metadata = { title: 'Objects' }

export default async function ObjectsPage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const query = await searchParams
  const cluster = await chosenCluster(query)
  if (!cluster) return <NoCluster />
  // A word that no filter knows is no filter.
  const asked = ListObjects.safeParse({ ...given(query, ['q', 'kind', 'namespace', 'health', 'service']), cluster })
  return <ObjectsScreen key={cluster} painted={await read('cluster.read', listObjects, asked.success ? asked.data : { cluster })} />
}
