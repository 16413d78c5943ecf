import Link from 'next/link'
import type { ServiceView } from '#lib/impact/view'
import { HealthMark } from '../inventory/health-mark.tsx'
import { objectHref } from '../inventory/object-href.ts'
import { Clock } from '../ui/time.tsx'

type Props = { readonly cluster: string; readonly objects: ServiceView['objects'] }

/** The objects of a service as a tree: what is gone first, then each with what it owns below it. */
export function ServiceObjects({ cluster, objects }: Props) {
  if (objects.length === 0) return <p className="py-2.5 text-soft">No object is known to belong to it.</p>
  return (
    <ul className="divide-y divide-line">
      {objects.map((object) => (
        <li
          key={`${object.apiVersion} ${object.kind} ${object.namespace}/${object.name} ${object.uid}`}
          className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 py-1.5 md:grid-cols-[minmax(0,1.5fr)_minmax(0,1fr)_9rem_10rem]"
        >
          <span className="min-w-0 break-words" style={{ paddingLeft: `${object.depth * 1.1}rem` }}>
            {object.depth > 0 ? (
              <span aria-hidden className="mr-1.5 text-soft">
                └
              </span>
            ) : null}
            <span className="text-sm text-soft">{object.kind}</span>{' '}
            <Link
              prefetch={false}
              href={objectHref(cluster, object)}
              className="inline-flex min-h-6 items-center font-medium underline-offset-2 hover:underline"
            >
              {object.name}
            </Link>
          </span>
          <span className="min-w-0 text-sm break-words text-soft max-md:order-3 max-md:col-span-2">
            {[object.note, object.message].filter((said) => said && said !== object.health).join('. ')}
          </span>
          <span className="text-sm">
            <HealthMark object={object} />
          </span>
          <Clock at={object.createdAt} className="text-right text-sm text-soft max-md:hidden" />
        </li>
      ))}
    </ul>
  )
}
