import Link from 'next/link'
import type { SituationView } from '#lib/impact/view'
import { Notice } from '../ui/notice.tsx'
import { AnotherCluster } from './another-cluster.tsx'

/** What could not be asked, so that no figure looks better founded than it is. */
export function Troubles({ view }: { readonly view: SituationView }) {
  const blind = view.clusters.filter((cluster) => cluster.freshness !== 'live' && cluster.freshness !== 'catching-up')
  const partial = view.clusters.filter((cluster) => cluster.unread.length > 0 && !blind.includes(cluster))
  const swapped = view.clusters.filter((cluster) => cluster.replaced)
  if (view.database && !view.databaseFull && blind.length + partial.length + swapped.length === 0) return null
  return (
    <div className="mb-6 space-y-2">
      {view.database ? null : (
        <Notice tone="warn" title="The database does not answer. This is the live state, read only.">
          Nothing can be started or recorded until it is back; history and runs are not shown. The clusters are still watched.
        </Notice>
      )}
      {view.databaseFull ? (
        <Notice tone="warn" title="The database’s disk is full: nothing can be recorded.">
          Free some space there; Blackstart goes on by itself. Until then nothing is started or done, and the clusters are still watched.
        </Notice>
      ) : null}
      {swapped.map((cluster) => (
        <AnotherCluster key={cluster.name} cluster={cluster} />
      ))}
      {blind.map((cluster) => (
        <Notice
          key={cluster.name}
          tone="warn"
          title={`${cluster.name} is ${cluster.freshness.replaceAll('-', ' ')}. ${
            cluster.observedAt === null ? 'Nothing of it is known yet.' : 'What you see of it is its last known state.'
          }`}
          action={<WhatIsRead cluster={cluster.name} />}
        >
          {cluster.trouble || 'It has not answered for a while; Blackstart keeps asking.'}
        </Notice>
      ))}
      {partial.map(({ name, unread }) => (
        <Notice
          key={name}
          tone="warn"
          title={`${name} is read in part: ${unread.map(({ kind }) => kind).join(', ')} may not be read.`}
          action={<WhatIsRead cluster={name} />}
        >
          What is shown says nothing of {unread.length === 1 ? 'that kind' : 'those kinds'}. {unread[0]?.note}.
        </Notice>
      ))}
    </div>
  )
}

function WhatIsRead({ cluster }: { readonly cluster: string }) {
  return (
    <Link href={`/clusters/${encodeURIComponent(cluster)}`} className="text-sm underline underline-offset-2">
      what can still be read
    </Link>
  )
}
