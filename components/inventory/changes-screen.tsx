'use client'
import { useSearchParams } from 'next/navigation'
import { useDeferredValue, useState } from 'react'
import type { ChangesView } from '#lib/impact/view'
import { Freshness } from '../live/freshness.tsx'
import { NotHeard } from '../live/not-heard.tsx'
import { useFresh } from '../live/use-fresh.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { PageHead } from '../ui/page-head.tsx'
import { ChangeFilterBar } from './change-filter-bar.tsx'
import { type ChangeFilters, changeFiltersOf, changeQueryOf } from './change-filters.ts'
import { ChangeList } from './change-list.tsx'
import { InventoryTabs } from './inventory-tabs.tsx'

const STEP = 200
const MOST = 2_000
const NO_FILTERS: ChangeFilters = { from: '', to: '', namespace: '', actor: '' }

/** What changed on a cluster, newest first, who did it and what proves that; new ones come in while somebody looks. */
export function ChangesScreen({ painted }: { readonly painted: ChangesView }) {
  const [first] = useState(changeFiltersOf(useSearchParams()))
  const [filters, setFilters] = useState(first)
  const [limit, setLimit] = useState(STEP)
  const asked = useDeferredValue(filters)
  const pathOf = (wanted: ChangeFilters, most: number) =>
    `/clusters/${encodeURIComponent(painted.cluster)}/changes?${new URLSearchParams({ ...changeQueryOf(wanted), limit: String(most) })}`
  const { data: view, trouble, behind, again } = useFresh(pathOf(asked, limit), { path: pathOf(first, STEP), data: painted })

  function change(next: ChangeFilters) {
    setFilters(next)
    setLimit(STEP)
    window.history.replaceState(null, '', `/changes?${new URLSearchParams({ cluster: painted.cluster, ...changeQueryOf(next) })}`)
  }
  const narrowed = Boolean(filters.namespace || filters.actor)

  return (
    <>
      <InventoryTabs cluster={view.cluster} />
      <PageHead
        title="Changes"
        about={
          <span className="flex flex-wrap items-center gap-x-4">
            <span>what was recorded on {view.cluster}, newest first</span>
            <Freshness freshness={view.freshness} observedAt={view.observedAt} />
          </span>
        }
      />
      <NotHeard what="The changes" trouble={trouble} again={again} />
      <ChangeFilterBar filters={filters} onChange={change} namespaces={[...new Set(view.items.map((one) => one.namespace))]} />
      <p role="status" className="tabular mt-3 mb-2 text-sm text-soft">
        <strong className="font-semibold text-ink">{view.items.length}</strong> {view.items.length === 1 ? 'change' : 'changes'}
        {view.next ? ' shown, and older ones' : ''}
        {filters.from ? '' : filters.to ? ' in the day before' : ' in the last day'}
        {view.gaps.length > 0 ? `; ${view.gaps.length} ${view.gaps.length === 1 ? 'stretch' : 'stretches'} not wholly recorded` : ''}
      </p>
      {view.items.length + view.gaps.length === 0 && !behind ? (
        <Empty
          title={narrowed ? 'No recorded change fits these filters.' : 'Nothing changed in this time, as far as it was recorded.'}
          action={<Button onClick={() => change(NO_FILTERS)}>The last day, of everything</Button>}
        >
          {narrowed ? 'A namespace is its whole name; an actor is any part of a name. ' : ''}What was there when recording began counts as
          found, not as made.
        </Empty>
      ) : (
        <ChangeList view={view} />
      )}
      {view.next && limit < MOST ? (
        <Button className="mt-4" onClick={() => setLimit(Math.min(MOST, limit * 2))}>
          Older changes
        </Button>
      ) : null}
      {view.next && limit >= MOST ? <p className="mt-4 text-sm text-soft">There are more than {MOST}. Set an earlier end above.</p> : null}
    </>
  )
}
