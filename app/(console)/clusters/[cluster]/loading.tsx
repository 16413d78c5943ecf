import { ClusterSkeleton } from '#components/shell/page-skeletons'

export default function Loading() {
  return <ClusterSkeleton />
}
