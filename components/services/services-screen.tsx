'use client'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useDeferredValue, useMemo, useState } from 'react'
import type { ServicesView } from '#lib/impact/view'
import { ImpactMark } from '../impact/impact-mark.tsx'
import { InventoryTabs } from '../inventory/inventory-tabs.tsx'
import { Freshness } from '../live/freshness.tsx'
import { useBoard } from '../live/live-provider.tsx'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, filterServices, filtersOf, impactsOf } from './service-filters.ts'
import { ServiceGrid } from './service-grid.tsx'

export function ServicesScreen({ painted }: { readonly painted: ServicesView }) {
  const view = useBoard(`services:${painted.cluster}`, painted)
  const params = useSearchParams()
  const path = usePathname()
  const router = useRouter()
  const [filters, setFilters] = useState<Filters>(() => filtersOf(params))
  const asked = useDeferredValue(filters)
  const rows = useMemo(() => filterServices(view.items, asked), [view.items, asked])
  const owners = useMemo(() => [...new Set(view.items.flatMap((row) => row.owner ?? []))].sort(), [view.items])
  const filtered = Object.values(filters).some(Boolean)
  const held = useMemo(() => impactsOf(view.items), [view.items])

  function change(next: Filters) {
    setFilters(next)
    const query = new URLSearchParams({
      cluster: painted.cluster,
      ...Object.fromEntries(Object.entries(next).filter(([, value]) => value)),
    })
    window.history.replaceState(null, '', `${path}?${query}`)
  }
  function clear() {
    change({ impact: '', tier: '', owner: '', q: '' })
    router.refresh()
  }

  return (
    <>
      <InventoryTabs cluster={view.cluster} />
      <PageHead
        title="Services"
        about={
          <span className="flex flex-wrap items-center gap-x-4">
            <span>on {view.cluster}</span>
            <Freshness freshness={view.freshness} observedAt={view.observedAt} />
          </span>
        }
      />
      <FilterBar filters={filters} owners={owners} onChange={change} />
      <p role="status" className="tabular mt-3 mb-1 text-sm text-soft">
        {filtered ? (
          <>
            <strong className="font-semibold text-ink">{rows.length}</strong> of {view.items.length} services
          </>
        ) : (
          <>
            <strong className="font-semibold text-ink">{view.items.length}</strong> services
          </>
        )}
      </p>
      {held.length > 1 ? (
        <ul aria-label="By impact" className="mb-2 flex flex-wrap gap-x-5">
          {held.map(({ impact, count }) => (
            <li key={impact}>
              <button
                type="button"
                aria-pressed={filters.impact === impact}
                onClick={() => change({ ...filters, impact: filters.impact === impact ? '' : impact })}
                className="inline-flex min-h-7 cursor-pointer items-center gap-1.5 underline-offset-2 hover:underline aria-pressed:font-semibold aria-pressed:underline"
              >
                <span className="tabular font-semibold">{count}</span>
                <ImpactMark impact={impact} />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {view.items.length === 0 ? (
        <Empty title={`No service is known on ${view.cluster}.`}>
          Services are found from Applications and labels, once the first inventory is complete. If it is, name them in{' '}
          <code className="font-mono text-sm">services.yaml</code>.
        </Empty>
      ) : rows.length === 0 ? (
        <Empty title="No service fits these filters." action={<Button onClick={clear}>Clear the filters</Button>} />
      ) : (
        <ServiceGrid rows={rows} asOf={view.observedAt} freshness={view.freshness} />
      )}
    </>
  )
}
