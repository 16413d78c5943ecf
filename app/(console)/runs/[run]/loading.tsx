import { RunSkeleton } from '#components/shell/page-skeletons'

export default function Loading() {
  return <RunSkeleton />
}
