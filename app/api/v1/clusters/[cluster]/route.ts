import { reading } from '#lib/http/endpoint'
import { ShowCluster, showCluster } from '#lib/impact/show-cluster'
import { ClusterView } from '#lib/impact/view'

export const GET = reading('cluster.read', ShowCluster, showCluster, {
  answers: ClusterView,
  about: 'Connection, versions, freshness per kind and permissions of a cluster.',
})
