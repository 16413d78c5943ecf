import Link from 'next/link'
import type { ReactNode } from 'react'
import type { ObjectView } from '#lib/impact/view'
import { agedClass } from '../live/aged.ts'
import { Freshness } from '../live/freshness.tsx'
import { RefreshEvery } from '../live/refresh-every.tsx'
import { serviceHref } from '../services/service-href.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { Fact } from '../ui/fact.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'
import { HealthMark } from './health-mark.tsx'
import { objectHref } from './object-href.ts'
import { ObjectTies } from './object-ties.tsx'

type Props = {
  readonly view: ObjectView
  /** What would go with it; null where the question makes no sense. */
  readonly blast: ReactNode
  readonly versions: ReactNode
}

export function ObjectScreen({ view, blast, versions }: Props) {
  return (
    <div data-object={view.uid} data-state={view.state}>
      <RefreshEvery ms={10_000} />
      <p className="mb-2 text-sm text-soft">
        <Link href={`/objects?cluster=${view.cluster}`} className="underline underline-offset-2">
          Objects on {view.cluster}
        </Link>{' '}
        / {view.namespace || 'cluster-wide'}
      </p>
      <PageHead
        title={
          <>
            <span className="font-normal text-soft">{view.kind}</span> <span className="break-words">{view.name}</span>
          </>
        }
        about={
          <span className="flex flex-wrap items-center gap-x-5 gap-y-1">
            <HealthMark object={view} />
            <span>{view.message || view.note}</span>
            <Freshness freshness={view.freshness} observedAt={view.observedAt} />
          </span>
        }
      />
      <Fate view={view} />
      <dl className={`mb-9 grid grid-cols-2 gap-x-8 gap-y-3 lg:grid-cols-4 ${agedClass(view.freshness)}`}>
        <Fact name="Service">
          {view.service ? (
            <Link href={serviceHref(view.service)} className="underline underline-offset-2">
              {view.service.split('/').at(-1)}
            </Link>
          ) : (
            <span className="text-soft">belongs to none</span>
          )}
        </Fact>
        <Fact name="Argo CD Application">
          <Tracking view={view} />
        </Fact>
        <Fact name="Created">
          <Clock at={view.createdAt} />
        </Fact>
        <Fact name="uid">
          <span className="flex items-center gap-1">
            <span className="truncate font-mono text-xs" title={view.uid}>
              {view.uid}
            </span>
            <CopyButton text={view.uid} label="Copy" />
          </span>
        </Fact>
      </dl>
      {blast}
      <div className="mt-9 grid gap-x-12 gap-y-9 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="min-w-0">{versions}</div>
        <aside className="min-w-0">
          <ObjectTies view={view} />
          <Section name="Labels">
            {Object.keys(view.labels).length === 0 ? (
              <p className="py-2.5 text-soft">None.</p>
            ) : (
              <ul className="divide-y divide-line font-mono text-xs">
                {Object.entries(view.labels).map(([key, value]) => (
                  <li key={key} className="py-1.5 break-all">
                    <span className="text-soft">{key}</span>={value}
                  </li>
                ))}
              </ul>
            )}
          </Section>
        </aside>
      </div>
    </div>
  )
}

/** What becomes of it, when it is not simply there. */
function Fate({ view }: { readonly view: ObjectView }) {
  if (view.state === 'gone')
    return (
      <div className="mb-7">
        <Notice tone="danger" title="It is gone. What stands here was recorded last.">
          {view.goneAt ? (
            <>
              Since <Clock at={view.goneAt} />.
            </>
          ) : (
            'When it went is not recorded.'
          )}{' '}
          <Link href={objectHref(view.cluster, { ...view, uid: undefined })} className="underline underline-offset-2">
            Whether something stands under its name now
          </Link>
        </Notice>
      </div>
    )
  if (view.deletingAt === null) return null
  return (
    <div className="mb-7">
      <Notice
        tone="danger"
        title={
          <>
            It is being deleted since <Clock at={view.deletingAt} />.
          </>
        }
      >
        {view.finalizers.length > 0
          ? `Held back by ${view.finalizers.join(', ')}; it goes when whoever set these takes them off.`
          : 'Nothing holds it back.'}
      </Notice>
    </div>
  )
}

function Tracking({ view }: { readonly view: ObjectView }) {
  const { tracking } = view
  if (!tracking) return <span className="text-soft">tracked by none</span>
  if (!tracking.uid) return <span className="text-warn">{tracking.app}, which is not there</span>
  return (
    <Link
      href={objectHref(view.cluster, { kind: 'Application', namespace: '', name: tracking.app, uid: tracking.uid })}
      className="underline underline-offset-2"
    >
      {tracking.app}
    </Link>
  )
}
