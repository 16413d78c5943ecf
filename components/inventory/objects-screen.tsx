'use client'
import { useSearchParams } from 'next/navigation'
import { useDeferredValue, useState } from 'react'
import type { ObjectsView } from '#lib/impact/view'
import { Freshness } from '../live/freshness.tsx'
import { NotHeard } from '../live/not-heard.tsx'
import { useFresh } from '../live/use-fresh.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'
import { InventoryTabs } from './inventory-tabs.tsx'
import { ObjectFilterBar } from './object-filter-bar.tsx'
import { NO_FILTERS, type ObjectFilters, objectFiltersOf, queryOf } from './object-filters.ts'
import { ObjectGrid } from './object-grid.tsx'

const STEP = 500
const MOST = 2_000

/** The whole inventory of a cluster. The server filters; what is shown is asked again while somebody looks. */
export function ObjectsScreen({ painted }: { readonly painted: ObjectsView }) {
  const [first] = useState(objectFiltersOf(useSearchParams()))
  const [filters, setFilters] = useState<ObjectFilters>(first)
  const [limit, setLimit] = useState(STEP)
  const asked = useDeferredValue(filters)
  const pathOf = (wanted: ObjectFilters, most: number) =>
    `/clusters/${encodeURIComponent(painted.cluster)}/objects?${new URLSearchParams({ ...queryOf(wanted), limit: String(most) })}`
  const { data: view, trouble, behind, again } = useFresh(pathOf(asked, limit), { path: pathOf(first, STEP), data: painted })

  function change(next: ObjectFilters) {
    setFilters(next)
    setLimit(STEP)
    window.history.replaceState(null, '', `/objects?${new URLSearchParams({ cluster: painted.cluster, ...queryOf(next) })}`)
  }
  const filtered = Object.values(filters).some(Boolean)

  return (
    <>
      <InventoryTabs cluster={view.cluster} />
      <PageHead
        title="Objects"
        about={
          <span className="flex flex-wrap items-center gap-x-4">
            <span>everything that is read on {view.cluster}, whether it belongs to a service or not</span>
            <Freshness freshness={view.freshness} observedAt={view.observedAt} />
          </span>
        }
      />
      <NotHeard what="The objects" trouble={trouble} again={again} />
      <ObjectFilterBar view={view} filters={filters} onChange={change} />
      <p role="status" className="tabular mt-3 mb-2 text-sm text-soft">
        <strong className="font-semibold text-ink">{view.total}</strong> {view.total === 1 ? 'object' : 'objects'}
        {filtered ? ' fit' : ''}
        {view.next ? `, the first ${view.items.length} shown` : ''}
        {filters.service && filters.service !== '-' ? `, of service ${filters.service}` : ''}
      </p>
      {view.total > 0 ? (
        <ObjectGrid cluster={view.cluster} rows={view.items} freshness={view.freshness} />
      ) : filtered ? (
        behind ? null : (
          <Empty title="No object fits these filters." action={<Button onClick={() => change(NO_FILTERS)}>Clear the filters</Button>}>
            Only what is there now is searched. What is gone stands under Changes, and on the page of its service.
          </Empty>
        )
      ) : (
        <Empty title={`Nothing has been listed on ${view.cluster} yet.`}>
          The first lists take a few seconds. If this stays empty, the page of the cluster says what could not be read.
        </Empty>
      )}
      {view.next && limit < MOST ? (
        <Button className="mt-4" onClick={() => setLimit(Math.min(MOST, limit + STEP))}>
          Show more
        </Button>
      ) : null}
      {view.next && limit >= MOST ? <p className="mt-4 text-sm text-soft">More than {MOST} fit. Narrow them down above.</p> : null}
    </>
  )
}
