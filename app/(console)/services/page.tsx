import type { Metadata } from 'next'
import { ServicesScreen } from '#components/services/services-screen'
import { NoCluster } from '#components/situation/no-cluster'
import { read } from '#lib/http/read'
import { listServices } from '#lib/impact/list-services'
import { chosenCluster, type Query } from '../chosen-cluster.ts'

export const metadata: Metadata = { title: 'Services' }

export default async function ServicesPage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const cluster = await chosenCluster(await searchParams)
  if (!cluster) return <NoCluster />
  return <ServicesScreen key={cluster} painted={await read('service.read', listServices, { cluster, limit: 5000 })} />
}
