// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by a transform cannot be table rows
// biome-ignore-all lint/a11y/useFocusableInteractive: nothing in a table of facts takes focus but its links
'use client'
import Link from 'next/link'
import { memo } from 'react'
import type { Freshness } from '#lib/cluster/schema'
import type { ObjectRow } from '#lib/impact/view'
import { agedClass } from '../live/aged.ts'
import { serviceHref } from '../services/service-href.ts'
import { classes } from '../ui/classes.ts'
import { useWindowRows } from '../ui/window-rows.ts'
import { HealthMark } from './health-mark.tsx'
import { objectHref } from './object-href.ts'

const COLUMNS =
  'grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 md:grid-cols-[11rem_minmax(0,1.5fr)_minmax(0,1fr)_9.5rem] xl:grid-cols-[13rem_minmax(0,1.5fr)_minmax(0,1fr)_9.5rem_minmax(0,1fr)_minmax(0,1fr)]'

type Props = { readonly cluster: string; readonly rows: readonly ObjectRow[]; readonly freshness: Freshness }

/** Thousands of objects, of which only those on the screen exist. */
export function ObjectGrid({ cluster, rows, freshness }: Props) {
  const { body, height, items } = useWindowRows(rows.length, { desk: 36, phone: 60 })
  return (
    <div role="table" aria-rowcount={rows.length + 1} aria-label="Objects" className={agedClass(freshness)}>
      <div
        role="row"
        aria-rowindex={1}
        className={classes(COLUMNS, 'sticky top-13 z-10 hidden border-b border-line bg-paper py-1.5 text-sm text-soft md:grid')}
      >
        <span role="columnheader">Kind</span>
        <span role="columnheader">Name</span>
        <span role="columnheader">Namespace</span>
        <span role="columnheader">Health</span>
        <span role="columnheader" className="hidden xl:block">
          State
        </span>
        <span role="columnheader" className="hidden xl:block">
          Service
        </span>
      </div>
      <div ref={body} role="rowgroup" className="relative" style={{ height: rows.length * height }}>
        {items.map(({ index }) => {
          const row = rows[index]
          return row ? <Row key={row.uid} cluster={cluster} row={row} index={index} y={index * height} height={height} /> : null
        })}
      </div>
    </div>
  )
}

type RowProps = {
  readonly cluster: string
  readonly row: ObjectRow
  readonly index: number
  readonly y: number
  readonly height: number
}

const Row = memo(function Row({ cluster, row, index, y, height }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-object={row.uid}
      className={classes(COLUMNS, 'absolute inset-x-0 content-center items-center border-b border-line')}
      style={{ height, transform: `translateY(${y}px)` }}
    >
      <span role="cell" className="truncate text-sm text-soft max-md:order-3">
        {row.kind}
        <span className="md:hidden">{row.namespace ? ` in ${row.namespace}` : ''}</span>
      </span>
      <span role="rowheader" className="truncate max-md:order-1">
        <Link
          prefetch={false}
          href={objectHref(cluster, row)}
          className="inline-flex min-h-6 items-center font-medium underline-offset-2 hover:underline"
        >
          {row.name}
        </Link>
      </span>
      <span role="cell" className="truncate text-sm max-md:hidden">
        {row.namespace || <span className="text-soft">cluster-wide</span>}
      </span>
      <span role="cell" className="text-sm max-md:order-2">
        <HealthMark object={row} />
      </span>
      <span role="cell" className="hidden truncate text-sm text-soft xl:block" title={row.message || row.note}>
        {row.message || row.note}
      </span>
      <span role="cell" className="hidden truncate text-sm xl:block">
        {row.service ? (
          <Link prefetch={false} href={serviceHref(row.service)} className="underline-offset-2 hover:underline">
            {row.service.split('/').at(-1)}
          </Link>
        ) : (
          <span className="text-soft">no service</span>
        )}
      </span>
    </div>
  )
})
