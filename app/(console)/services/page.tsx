import type { Metadata } from 'next'
import { ServicesScreen } from '#components/services/services-screen'
import { NoCluster } from '#components/situation/no-cluster'
import { read } from '#lib/http/read'
import { listServices } from '#lib/impact/list-services'
import { readSituation } from '../read-situation.ts'

export const metadata: Metadata = { title: 'Services' }

export default async function ServicesPage({
  searchParams,
}: {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const { cluster } = await searchParams
  const { clusters } = await readSituation()
  const name = clusters.find((one) => one.name === cluster)?.name ?? clusters[0]?.name
  if (!name) return <NoCluster />
  return <ServicesScreen key={name} painted={await read('service.read', listServices, { cluster: name, limit: 5000 })} />
}
