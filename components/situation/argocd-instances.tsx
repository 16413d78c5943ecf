import Link from 'next/link'
import type { ArgocdView, ClusterSummary } from '#lib/impact/view'
import { ImpactShape } from '../impact/impact-mark.tsx'

const MARK = { running: 'healthy', degraded: 'degraded', terminating: 'deletion-pending', absent: 'lost' } as const

function Instance({ argocd, cluster }: { readonly argocd: ArgocdView; readonly cluster: string }) {
  return (
    <li className="py-2.5">
      <p className="flex items-center gap-2">
        <ImpactShape impact={MARK[argocd.state]} />
        <strong className="font-medium">{argocd.state}</strong>
        <span className="truncate text-soft">
          <Link href={`/clusters/${encodeURIComponent(cluster)}`} prefetch={false} className="underline-offset-2 hover:underline">
            {cluster}
          </Link>{' '}
          / {argocd.namespace}
        </span>
        <span className="ml-auto text-sm text-soft">{argocd.version}</span>
      </p>
      <dl className="mt-1.5 grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 text-sm">
        <dt className="text-soft">Applications</dt>
        <dd className="tabular text-right">{argocd.applications}</dd>
        {argocd.deletionPending > 0 ? (
          <>
            <dt className="font-medium text-danger">awaiting deletion</dt>
            <dd className="tabular text-right font-semibold text-danger">{argocd.deletionPending}</dd>
          </>
        ) : null}
        <dt className="text-soft">ApplicationSets</dt>
        <dd className="tabular text-right">{argocd.applicationSets}</dd>
        {argocd.components.map((part) => (
          <div key={part.name} className="contents">
            <dt className="truncate text-soft" title={part.name}>
              {part.name}
            </dt>
            <dd className={part.ready < part.desired || part.desired === 0 ? 'tabular text-right text-warn' : 'tabular text-right'}>
              {part.ready} of {part.desired} ready
            </dd>
          </div>
        ))}
      </dl>
    </li>
  )
}

export function ArgocdInstances({ clusters }: { readonly clusters: readonly ClusterSummary[] }) {
  const all = clusters.flatMap((cluster) => cluster.argocd.map((argocd) => ({ argocd, cluster: cluster.name })))
  if (all.length === 0) return <p className="py-2.5 text-soft">No Argo CD has been seen on the connected clusters.</p>
  return (
    <ul className="divide-y divide-line">
      {all.map((one) => (
        <Instance key={`${one.cluster}/${one.argocd.namespace}`} {...one} />
      ))}
    </ul>
  )
}
