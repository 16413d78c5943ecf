import { SituationSkeleton } from '#components/shell/page-skeletons'

export default function Loading() {
  return <SituationSkeleton />
}
