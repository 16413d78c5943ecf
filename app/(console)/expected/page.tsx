import type { Metadata } from 'next'
import { ExpectedScreen } from '#components/impact/expected-screen'
import { NoCluster } from '#components/situation/no-cluster'
import { read } from '#lib/http/read'
import { showExpected } from '#lib/impact/show-expected'
import { chosenCluster, type Query } from '../chosen-cluster.ts'

export const metadata: Metadata = { title: 'Expected change' }

export default async function ExpectedPage({ searchParams }: { readonly searchParams: Promise<Query> }) {
  const cluster = await chosenCluster(await searchParams)
  if (!cluster) return <NoCluster />
  return <ExpectedScreen key={cluster} view={await read('cluster.read', showExpected, { cluster })} />
}
