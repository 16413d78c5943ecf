import Link from 'next/link'
import type { ObjectView } from '#lib/impact/view'
import { Section } from '../ui/page-head.tsx'
import { objectHref } from './object-href.ts'

type Tie = ObjectView['owners'][number]

/** What owns it, from its own controller up, and what it owns. */
export function ObjectTies({ view }: { readonly view: ObjectView }) {
  return (
    <>
      <Section name="Owned by">
        {view.owners.length === 0 ? (
          <p className="py-2.5 text-soft">No object owns it.</p>
        ) : (
          <ol className="divide-y divide-line">
            {view.owners.map((one, depth) => (
              <li key={one.uid} className="py-1.5" style={{ paddingLeft: `${depth * 0.9}rem` }}>
                <Tied cluster={view.cluster} tie={one} />
              </li>
            ))}
          </ol>
        )}
      </Section>
      {view.ownedCount > 0 ? (
        <Section name="Owns" aside={<span className="tabular">{view.ownedCount}</span>}>
          <ul className="divide-y divide-line">
            {view.owned.map((one) => (
              <li key={one.uid} className="py-1.5">
                <Tied cluster={view.cluster} tie={one} />
              </li>
            ))}
          </ul>
          {view.ownedCount > view.owned.length ? (
            <p className="py-1.5 text-sm text-soft">and {view.ownedCount - view.owned.length} more</p>
          ) : null}
        </Section>
      ) : null}
    </>
  )
}

function Tied({ cluster, tie }: { readonly cluster: string; readonly tie: Tie }) {
  return (
    <span className="break-words">
      <span className="text-sm text-soft">{tie.kind}</span>{' '}
      {tie.here ? (
        <Link prefetch={false} href={objectHref(cluster, tie)} className="font-medium underline-offset-2 hover:underline">
          {tie.name}
        </Link>
      ) : (
        <>
          <span className="font-medium">{tie.name}</span> <span className="text-sm text-warn">not there, or not read</span>
        </>
      )}
    </span>
  )
}
