import Link from 'next/link'
import type { ServiceRow } from '#lib/impact/view'
import { ImpactMark, TierMark } from '../impact/impact-mark.tsx'
import { classes } from '../ui/classes.ts'
import { Age } from '../ui/time.tsx'
import { serviceHref } from './service-href.ts'

type Props = {
  readonly rows: readonly ServiceRow[]
  readonly asOf: string | null
  /** Without tier and impact, where a heading says them already. */
  readonly plain?: boolean
}

/** A short table of services, in the order given: worst tier and impact first. On a phone a row folds into three lines. */
export function ServiceTable({ rows, asOf, plain = false }: Props) {
  return (
    <table className="w-full table-fixed text-left max-sm:block">
      <thead className={plain ? 'sr-only' : 'text-sm text-soft max-sm:sr-only'}>
        <tr className="border-b border-line">
          {plain ? null : (
            <>
              <th scope="col" className="w-11 py-1.5 font-normal">
                Tier
              </th>
              <th scope="col" className="w-40 py-1.5 font-normal">
                Impact
              </th>
            </>
          )}
          <th scope="col" className="py-1.5 font-normal">
            Service
          </th>
          <th scope="col" className="hidden py-1.5 font-normal 2xl:table-cell 2xl:w-[36%]">
            Is (was)
          </th>
          <th scope="col" className="w-[32%] 2xl:w-[22%] py-1.5 font-normal">
            Owner, contact
          </th>
          <th scope="col" className="w-20 py-1.5 text-right font-normal">
            Since
          </th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line max-sm:block">
        {rows.map((row) => (
          <Row key={row.id} row={row} asOf={asOf} plain={plain} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ row, asOf, plain }: { readonly row: ServiceRow; readonly asOf: string | null; readonly plain: boolean }) {
  const proof = row.evidence[0]
  return (
    <tr
      className={classes(
        'align-baseline max-sm:grid max-sm:gap-x-2 max-sm:py-2 sm:h-9',
        plain ? 'max-sm:grid-cols-[minmax(0,1fr)_auto]' : 'max-sm:grid-cols-[2rem_minmax(0,1fr)_auto]',
      )}
    >
      {plain ? null : (
        <>
          <td className="py-1.5 text-soft max-sm:py-0">
            <TierMark tier={row.tier} guessed={row.tierGuessed} />
          </td>
          <td className="py-1.5 max-sm:order-3 max-sm:col-span-2 max-sm:col-start-2 max-sm:py-0">
            <ImpactMark impact={row.impact} />
          </td>
        </>
      )}
      <th scope="row" className="truncate py-1.5 pr-4 font-normal max-sm:py-0">
        <Link href={serviceHref(row.id)} className="font-medium underline-offset-2 hover:underline">
          {row.name}
        </Link>
        {row.namespace === row.name ? null : <span className="text-sm text-soft"> {row.namespace}</span>}
      </th>
      <td
        className="hidden truncate py-1.5 pr-4 text-sm text-soft 2xl:table-cell"
        title={proof ? `${proof.object.kind} ${proof.object.name}: ${proof.was} → ${proof.is}` : ''}
      >
        {proof ? (
          <>
            {proof.object.kind} {proof.object.name}: <span className="text-ink">{proof.is || 'absent'}</span> ({proof.was || 'absent'})
          </>
        ) : null}
      </td>
      <td className={classes('truncate py-1.5 pr-4 text-sm max-sm:order-4 max-sm:col-span-2 max-sm:py-0', !plain && 'max-sm:col-start-2')}>
        {row.owner ?? <span className="text-soft">no owner known</span>}
        {row.contact ? <span className="text-soft"> {row.contact}</span> : null}
      </td>
      <td className="py-1.5 text-right text-sm text-soft max-sm:order-2 max-sm:py-0">
        {row.since ? <Age at={row.since} asOf={asOf} suffix="" /> : null}
      </td>
    </tr>
  )
}
