import { TableSkeleton } from '#components/shell/page-skeletons'

export default function Loading() {
  return <TableSkeleton what="what is expected" />
}
