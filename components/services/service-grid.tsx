// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by a transform cannot be table rows
// biome-ignore-all lint/a11y/useFocusableInteractive: nothing in a table of facts takes focus but its links
'use client'
import Link from 'next/link'
import { memo } from 'react'
import type { Freshness } from '#lib/cluster/schema'
import type { ServiceRow } from '#lib/impact/view'
import { ImpactMark, TierMark } from '../impact/impact-mark.tsx'
import { agedClass } from '../live/aged.ts'
import { classes } from '../ui/classes.ts'
import { Age } from '../ui/time.tsx'
import { useWindowRows } from '../ui/window-rows.ts'
import { serviceHref } from './service-href.ts'

const COLUMNS =
  'grid grid-cols-[2.5rem_minmax(0,1fr)_auto] gap-x-3 md:grid-cols-[2.75rem_9.5rem_minmax(0,1.3fr)_minmax(0,1fr)_5rem] xl:grid-cols-[2.75rem_9.5rem_minmax(0,1.1fr)_minmax(0,1.7fr)_minmax(0,1fr)_5rem]'

type Props = { readonly rows: readonly ServiceRow[]; readonly asOf: string | null; readonly freshness: Freshness }

/** Thousands of rows, of which only those on the screen exist. */
export function ServiceGrid({ rows, asOf, freshness }: Props) {
  const { body, height, items } = useWindowRows(rows.length, { desk: 40, phone: 68 })
  return (
    <div role="table" aria-rowcount={rows.length + 1} aria-label="Services" className={agedClass(freshness)}>
      <div
        role="row"
        aria-rowindex={1}
        className={classes(COLUMNS, 'sticky top-13 z-10 hidden border-b border-line bg-paper py-1.5 text-sm text-soft md:grid')}
      >
        <span role="columnheader">Tier</span>
        <span role="columnheader">Impact</span>
        <span role="columnheader">Service</span>
        <span role="columnheader" className="hidden xl:block">
          Is (was)
        </span>
        <span role="columnheader">Owner, contact</span>
        <span role="columnheader" className="text-right">
          Since
        </span>
      </div>
      <div ref={body} role="rowgroup" className="relative" style={{ height: rows.length * height }}>
        {items.map(({ index }) => {
          const row = rows[index]
          return row ? (
            <GridRow key={row.id} row={row} index={index} y={index * height} height={height} asOf={row.since ? asOf : null} />
          ) : null
        })}
      </div>
    </div>
  )
}

type RowProps = {
  readonly row: ServiceRow
  readonly index: number
  readonly y: number
  readonly height: number
  readonly asOf: string | null
}

const GridRow = memo(function GridRow({ row, index, y, height, asOf }: RowProps) {
  const proof = row.evidence[0]
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-service={row.id}
      className={classes(COLUMNS, 'absolute inset-x-0 content-center items-center border-b border-line')}
      style={{ height, transform: `translateY(${y}px)` }}
    >
      <span role="cell" className="text-soft">
        <TierMark tier={row.tier} guessed={row.tierGuessed} />
      </span>
      <span role="cell" className="max-md:order-4 max-md:col-start-2">
        <ImpactMark impact={row.impact} />
      </span>
      <span role="rowheader" className="truncate">
        <Link
          prefetch={false}
          href={serviceHref(row.id)}
          className="inline-flex min-h-6 items-center font-medium underline-offset-2 hover:underline"
        >
          {row.name}
        </Link>
        {row.namespace === row.name ? null : <span className="text-sm text-soft"> {row.namespace}</span>}
      </span>
      <span role="cell" className="hidden truncate text-sm text-soft xl:block" title={proof ? `${proof.was} → ${proof.is}` : undefined}>
        {proof ? (
          <>
            {proof.object.kind} {proof.object.name}: <span className="text-ink">{proof.is || 'absent'}</span> ({proof.was || 'absent'})
          </>
        ) : null}
      </span>
      <span role="cell" className="truncate text-sm max-md:order-5 max-md:hidden">
        {row.owner ?? <span className="text-soft">no owner known</span>}
        {row.contact ? <span className="text-soft"> {row.contact}</span> : null}
      </span>
      <span role="cell" className="text-right text-sm text-soft">
        {row.since ? <Age at={row.since} asOf={asOf} suffix="" /> : null}
      </span>
    </div>
  )
})
