import type { Metadata } from 'next'
import { Suspense } from 'react'
import { ClusterScreen } from '#components/cluster/cluster-screen'
import { Permissions, PermissionsSkeleton } from '#components/cluster/permissions'
import { read } from '#lib/http/read'
import { showCluster } from '#lib/impact/show-cluster'

type Props = { readonly params: Promise<{ cluster: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).cluster) }
}

export default async function ClusterPage({ params }: Props) {
  const cluster = decodeURIComponent((await params).cluster)
  const permissions = (
    <Suspense fallback={<PermissionsSkeleton />}>
      <Report cluster={cluster} />
    </Suspense>
  )
  return (
    <ClusterScreen
      key={cluster}
      painted={await read('cluster.read', showCluster, { cluster, report: 'false' })}
      permissions={permissions}
    />
  )
}

async function Report({ cluster }: { readonly cluster: string }) {
  return <Permissions view={await read('cluster.read', showCluster, { cluster })} />
}
