import { ThingSkeleton } from '#components/shell/page-skeletons'

export default function Loading() {
  return <ThingSkeleton what="the service" />
}
