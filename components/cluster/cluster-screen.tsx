'use client'
import type { ReactNode } from 'react'
import type { ClusterView } from '#lib/impact/view'
import { InventoryTabs } from '../inventory/inventory-tabs.tsx'
import { agedClass } from '../live/aged.ts'
import { Freshness } from '../live/freshness.tsx'
import { NotHeard } from '../live/not-heard.tsx'
import { useFresh } from '../live/use-fresh.ts'
import { ArgocdInstances } from '../situation/argocd-instances.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Fact } from '../ui/fact.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { KindTable } from './kind-table.tsx'
import { Recorded } from './recorded.tsx'

/** `permissions` is rendered by the server: it takes a question to the cluster for each. */
export function ClusterScreen({ painted, permissions }: { readonly painted: ClusterView; readonly permissions: ReactNode }) {
  const path = `/clusters/${encodeURIComponent(painted.name)}?report=false`
  const { data: view, trouble, again } = useFresh(path, { path, data: painted })
  return (
    <div data-cluster={view.name}>
      <InventoryTabs cluster={view.name} />
      <PageHead title={view.name} about={<Freshness freshness={view.freshness} observedAt={view.observedAt} />} />
      <NotHeard what="The cluster" trouble={trouble} again={again} />
      {view.trouble ? (
        <div className="mb-6">
          <Notice tone="warn" title={view.trouble}>
            What you see below is its last known state; Blackstart keeps asking.
          </Notice>
        </div>
      ) : null}
      <dl className="mb-9 grid grid-cols-2 gap-x-8 gap-y-3 lg:grid-cols-4">
        <Fact name="Kind of cluster">{view.mode === 'live' ? 'live' : 'drill: it may be broken on purpose'}</Fact>
        <Fact name="Blackstart here">{view.actions === 'on' ? 'may act, as the person who confirms' : 'only watches'}</Fact>
        <Fact name="Kubernetes">{view.version || <span className="text-soft">not heard yet</span>}</Fact>
        <Fact name="Incarnation (uid of kube-system)">
          {view.incarnation ? (
            <span className="flex items-center gap-1">
              <span className="truncate font-mono text-xs" title={view.incarnation}>
                {view.incarnation}
              </span>
              <CopyButton text={view.incarnation} label="Copy" />
            </span>
          ) : (
            <span className="text-soft">not heard yet</span>
          )}
        </Fact>
      </dl>
      <div className="grid gap-x-12 gap-y-9 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <div className={agedClass(view.freshness)}>
          <Section name="What is read" aside={<span className="tabular">{view.kinds.length} kinds</span>}>
            <KindTable cluster={view.name} kinds={view.kinds} />
          </Section>
        </div>
        <aside className="min-w-0">
          <Section name="Argo CD">
            <ArgocdInstances clusters={[view]} />
          </Section>
          <Section name="The record">
            <Recorded record={view.record} cluster={view.name} />
          </Section>
        </aside>
      </div>
      <div className="mt-9">{permissions}</div>
    </div>
  )
}
