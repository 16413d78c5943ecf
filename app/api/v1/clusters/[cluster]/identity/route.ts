import { endpoint } from '#lib/http/endpoint'
import { Identified, IdentifyCluster, identifyCluster } from '#lib/impact/identify-cluster'

export const POST = endpoint('cluster.identify', IdentifyCluster, identifyCluster, {
  answers: Identified,
  about: "A lead's answer when another cluster answers under this name: rebuilt, or a wrong kubeconfig.",
})
