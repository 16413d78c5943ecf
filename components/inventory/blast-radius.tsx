import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import type { BlastView } from '#lib/argocd/view'
import { TierMark } from '../impact/impact-mark.tsx'
import { serviceHref } from '../services/service-href.ts'
import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { objectHref } from './object-href.ts'
import { objectName } from './object-words.ts'

/** Kinds of which people ask what would go with them. */
const ASKED: ReadonlySet<string> = new Set(['Namespace', 'Application', 'ApplicationSet', 'AppProject', 'CustomResourceDefinition'])

export function hasBlastRadius(object: { readonly kind: string; readonly state: string }): boolean {
  return ASKED.has(object.kind) && object.state !== 'gone'
}

const MECHANISM: Record<BlastView['steps'][number]['mechanism'], string> = {
  namespace: 'everything in the namespace',
  cascade: 'cascade of Argo CD',
  'owner-reference': 'garbage collection of what it owns',
  definition: 'objects of the kind go with their definition',
  reclaim: 'volumes reclaimed with their claims',
}
const FEW = 8

/** What would go if it were deleted now, and by which mechanism. Nothing is changed by asking. */
export function BlastRadius({ view, cluster }: { readonly view: BlastView; readonly cluster: string }) {
  return (
    <Section
      id="blast-radius"
      name="What would go if it were deleted now"
      aside={<span className="tabular">{view.total === 1 ? '1 object' : `${view.total} objects`}</span>}
    >
      <div data-blast={view.total}>
        {view.notes.map((note) => (
          <div key={note} className="mt-2">
            <Notice tone="danger" title={`${note.charAt(0).toUpperCase()}${note.slice(1)}.`} />
          </div>
        ))}
        {view.services.length === 0 ? (
          <p className="py-2.5">No service would lose anything.</p>
        ) : (
          <div className="py-2.5">
            <p>
              <strong className="font-semibold text-danger">
                {view.services.length} {view.services.length === 1 ? 'service' : 'services'}
              </strong>{' '}
              would lose something:
            </p>
            <ul className="mt-1.5 flex flex-wrap gap-x-5 gap-y-0.5">
              {view.services.slice(0, FEW * 3).map((one) => (
                <li key={one.id} className="flex items-baseline gap-1.5">
                  <span className="text-sm text-soft">
                    <TierMark tier={one.tier} />
                  </span>
                  <Link prefetch={false} href={serviceHref(one.id)} className="font-medium underline-offset-2 hover:underline">
                    {one.name}
                  </Link>
                  <span className="tabular text-sm text-soft">{one.objects}</span>
                </li>
              ))}
              {view.services.length > FEW * 3 ? <li className="text-sm text-soft">and {view.services.length - FEW * 3} more</li> : null}
            </ul>
          </div>
        )}
        <ol className="divide-y divide-line border-t border-line">
          {[...Map.groupBy(view.steps, (step) => step.mechanism)].map(([mechanism, steps]) => (
            <Mechanism key={mechanism} mechanism={mechanism} steps={steps} cluster={cluster} />
          ))}
        </ol>
      </div>
    </Section>
  )
}

type Steps = BlastView['steps']

/** One way of going, with everything that goes that way. */
function Mechanism({
  mechanism,
  steps,
  cluster,
}: {
  readonly mechanism: Steps[number]['mechanism']
  readonly steps: Steps
  readonly cluster: string
}) {
  const count = steps.reduce((sum, step) => sum + step.count, 0)
  const [first] = steps
  return (
    <li data-mechanism={mechanism}>
      <details className="group" open={count <= FEW}>
        <summary className="grid cursor-pointer grid-cols-[auto_3.5rem_minmax(0,1fr)] items-baseline gap-x-3 py-2">
          <ChevronRight size={14} aria-hidden className="translate-y-0.5 text-soft group-open:rotate-90" />
          <span className="tabular text-right text-lg font-semibold">{count}</span>
          <span className="min-w-0">
            {MECHANISM[mechanism]}
            {steps.length === 1 && first ? (
              <span className="text-soft">, of {objectName(first.by)}</span>
            ) : (
              <span className="text-soft">, of {byKind(steps)}</span>
            )}
            <span className="block text-sm text-soft">{kindsOf(steps)}</span>
          </span>
        </summary>
        <ul className="divide-y divide-line pb-3 pl-[5.25rem] text-sm max-sm:pl-4">
          {steps.map((step) => (
            <Step key={objectName(step.by)} step={step} cluster={cluster} whole={steps.length <= 3} alone={steps.length === 1} />
          ))}
        </ul>
      </details>
    </li>
  )
}

function Step({
  step,
  cluster,
  whole,
  alone,
}: {
  readonly step: Steps[number]
  readonly cluster: string
  readonly whole: boolean
  readonly alone: boolean
}) {
  return (
    <li className="py-1.5">
      <p>
        <Link prefetch={false} href={objectHref(cluster, step.by)} className="font-medium underline-offset-2 hover:underline">
          {objectName(step.by)}
        </Link>{' '}
        {alone ? null : <span className="tabular text-soft">{step.kinds.map((one) => `${one.count} ${one.kind}`).join(', ')}</span>}
      </p>
      <p className="text-soft">
        {step.how}
        {step.waits ? <span className="text-warn"> It waits until a controller does it.</span> : null}
      </p>
      {whole ? (
        <ul className="mt-1 grid gap-x-8 sm:grid-cols-2">
          {step.objects.map((one) => (
            <li key={`${objectName(one)} ${one.uid}`} className="truncate">
              <Link
                prefetch={false}
                href={objectHref(cluster, one)}
                className="inline-flex min-h-6 items-center underline-offset-2 hover:underline"
              >
                {objectName(one)}
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      {whole && step.count > step.objects.length ? <p className="text-soft">and {step.count - step.objects.length} more</p> : null}
    </li>
  )
}

function byKind(steps: Steps): string {
  return [...Map.groupBy(steps, (step) => step.by.kind)]
    .map(([kind, all]) => `${all.length} ${kind}${all.length === 1 ? '' : 's'}`)
    .join(', ')
}

function kindsOf(steps: Steps): string {
  const counts = new Map<string, number>()
  for (const { kind, count } of steps.flatMap((step) => step.kinds)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')
}
