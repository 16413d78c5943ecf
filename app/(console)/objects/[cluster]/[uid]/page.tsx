import type { Metadata } from 'next'
import { Suspense } from 'react'
import { hasBlastRadius } from '#components/inventory/blast-radius'
import { ObjectScreen } from '#components/inventory/object-screen'
import { PartSkeleton } from '#components/inventory/part'
import { read } from '#lib/http/read'
import { showObject } from '#lib/impact/show-object'
import type { Query } from '../../../chosen-cluster.ts'
import { Blast, Recorded } from './parts.tsx'

export const metadata: Metadata = { title: 'Object' }

type Props = { readonly params: Promise<{ cluster: string; uid: string }>; readonly searchParams: Promise<Query> }

export default async function ObjectPage({ params, searchParams }: Props) {
  const { cluster, uid } = await params
  const view = await read('cluster.read', showObject, { cluster: decodeURIComponent(cluster), uid: decodeURIComponent(uid) })
  const n = Number((await searchParams).n)
  const blast = hasBlastRadius(view) ? (
    <Suspense fallback={<PartSkeleton name="What would go if it were deleted now" />}>
      <Blast view={view} />
    </Suspense>
  ) : null
  const versions = (
    <Suspense fallback={<PartSkeleton name="Recorded versions" />}>
      <Recorded view={view} n={n > 0 ? n : null} />
    </Suspense>
  )
  return <ObjectScreen view={view} blast={blast} versions={versions} />
}
