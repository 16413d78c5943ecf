import { z } from 'zod'
import { listing } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { listClusters } from '#lib/impact/list-clusters'
import { ClusterSummary } from '#lib/impact/view'

export const GET = listing('cluster.read', z.object({}), listClusters, {
  answers: pageOf(ClusterSummary),
  about: 'The clusters of this installation.',
})
