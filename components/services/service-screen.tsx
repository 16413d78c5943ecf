// biome-ignore-all lint/suspicious/noArrayIndexKey: one object may give several pieces of evidence
import Link from 'next/link'
import type { ServiceView } from '#lib/impact/view'
import { ImpactMark } from '../impact/impact-mark.tsx'
import { IMPACT } from '../impact/words.ts'
import { objectHref } from '../inventory/object-href.ts'
import { objectName } from '../inventory/object-words.ts'
import { agedClass } from '../live/aged.ts'
import { Freshness } from '../live/freshness.tsx'
import { LiveRefresh } from '../live/live-refresh.tsx'
import { Fact } from '../ui/fact.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { Age, Clock } from '../ui/time.tsx'
import { AcceptRemoval } from './accept-removal.tsx'
import { NeedsGraph } from './needs-graph.tsx'
import { serviceHref } from './service-href.ts'
import { ServiceObjects } from './service-objects.tsx'

export function ServiceScreen({ view }: { readonly view: ServiceView }) {
  return (
    <div data-service={view.id} data-impact={view.impact}>
      <LiveRefresh topic={`services:${view.cluster}`} row={view.id} />
      <p className="mb-2 text-sm text-soft">
        <Link href={`/services?cluster=${view.cluster}`} className="underline underline-offset-2">
          Services on {view.cluster}
        </Link>{' '}
        / {view.namespace}
      </p>
      <PageHead
        title={view.name}
        about={
          <span className="flex flex-wrap items-center gap-x-5 gap-y-1">
            <ImpactMark impact={view.impact} className="text-lg" />
            {view.since ? (
              <span>
                since <Clock at={view.since} />, <Age at={view.since} asOf={view.observedAt} />
              </span>
            ) : null}
            <Freshness freshness={view.freshness} observedAt={view.observedAt} />
          </span>
        }
      />
      <p className="-mt-3 mb-7 text-soft">
        {IMPACT[view.impact].means}
        {view.impacts.length > 1
          ? ` Also ${view.impacts
              .filter((one) => one !== view.impact)
              .map((one) => IMPACT[one].word)
              .join(', ')}.`
          : ''}
      </p>
      {view.impacts.includes('lost') ? (
        <div className="-mt-3 mb-7">
          <AcceptRemoval cluster={view.cluster} namespace={view.namespace} name={view.name} />
        </div>
      ) : null}
      <dl className="mb-8 grid grid-cols-2 gap-x-8 gap-y-3 sm:grid-cols-4">
        <Fact name="Tier">
          {view.tier}
          {view.tierGuessed ? <span className="text-soft"> (assumed)</span> : null}
        </Fact>
        <Fact name="Owner">{view.owner ?? <span className="text-soft">not known</span>}</Fact>
        <Fact name="Contact">{view.contact ?? <span className="text-soft">not known</span>}</Fact>
        <Fact name="Application">
          {view.application ? (
            <Link
              prefetch={false}
              href={objectHref(view.hub ?? view.cluster, { kind: 'Application', namespace: '', name: view.application })}
              className="underline-offset-2 hover:underline"
            >
              {view.application}
            </Link>
          ) : (
            <span className="text-soft">none</span>
          )}
        </Fact>
      </dl>
      <div className={agedClass(view.freshness)}>
        {view.evidence.length > 0 ? (
          <Section name="Evidence">
            <Evidence view={view} />
          </Section>
        ) : null}
        <Section name="Objects" aside={<span className="tabular">{view.objects.length}</span>}>
          <ServiceObjects cluster={view.cluster} objects={view.objects} />
        </Section>
      </div>
      <div className="mt-9">
        <Section name="What it needs, and what needs it">
          {view.graph ? <NeedsGraph graph={view.graph} /> : null}
          <Dependencies view={view} />
        </Section>
      </div>
      <div className="mt-9 grid gap-x-12 gap-y-9 lg:grid-cols-2">
        <div>
          <Section name="Runs that touched it">
            {view.runs.length === 0 ? (
              <p className="py-2.5 text-soft">None yet. A run is listed once it has acted on an object of this service.</p>
            ) : (
              <ul className="divide-y divide-line">
                {view.runs.map((run) => (
                  <li key={run.id} className="flex gap-4 py-2">
                    <Link href={`/runs/${run.id}`} className="font-medium underline underline-offset-2">
                      {run.runbook}
                    </Link>
                    <span className="text-soft">
                      {run.kind}, {run.outcome ?? 'open'}
                    </span>
                    <Clock at={run.startedAt} className="ml-auto text-soft" />
                  </li>
                ))}
              </ul>
            )}
          </Section>
        </div>
        <div>
          <Section
            name="History"
            aside={
              <Link
                prefetch={false}
                href={`/changes?${new URLSearchParams({ cluster: view.cluster, namespace: view.namespace })}`}
                className="underline underline-offset-2"
              >
                all changes in {view.namespace}
              </Link>
            }
          >
            {view.history.length === 0 ? (
              <p className="py-2.5 text-soft">No change has been recorded.</p>
            ) : (
              <ol className="divide-y divide-line text-sm">
                {view.history.map((row, at) => (
                  <li key={`${row.at} ${at}`} className="grid grid-cols-[9.5rem_minmax(0,1fr)] gap-x-3 py-1.5">
                    <Clock at={row.at} className="text-soft" />
                    <span className="min-w-0 break-words">
                      {row.what}{' '}
                      <Link
                        prefetch={false}
                        href={objectHref(view.cluster, { kind: '', namespace: '', name: '', uid: row.uid })}
                        className="font-mono text-xs text-soft underline-offset-2 hover:underline"
                      >
                        {row.object}
                      </Link>
                      {row.by ? <span className="text-soft"> {row.by}</span> : null}
                    </span>
                  </li>
                ))}
              </ol>
            )}
          </Section>
          <Section name="How we know">
            <ul className="divide-y divide-line text-sm">
              {view.because.map((one) => (
                <li key={`${one.what} ${one.value} ${one.object}`} className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 py-1.5">
                  <span className="text-soft">{one.what}</span>
                  <span className="min-w-0 break-words">
                    <span className="font-medium">{one.value}</span>{' '}
                    <span className="text-soft">
                      from {one.source}
                      {one.object ? ` of ${one.object}` : ''}
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </Section>
        </div>
      </div>
    </div>
  )
}

function Evidence({ view }: { readonly view: ServiceView }) {
  return (
    <ul className="divide-y divide-line">
      {view.evidence.map((one, at) => (
        <li
          key={`${one.object.kind} ${one.object.name} ${at}`}
          className="grid gap-x-6 gap-y-0.5 py-2 md:grid-cols-[minmax(0,1.1fr)_minmax(0,2fr)_auto]"
        >
          <Link
            prefetch={false}
            href={objectHref(view.cluster, one.object)}
            className="break-words font-medium underline-offset-2 hover:underline"
          >
            {objectName(one.object)}
          </Link>
          <span className="min-w-0 break-words">
            <span className="text-soft">{one.was || 'absent'}</span> → {one.is || 'absent'}
          </span>
          <span className="text-sm text-soft">
            {one.since ? (
              <>
                <Clock at={one.since} />,{' '}
              </>
            ) : null}
            {one.source}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Dependencies({ view }: { readonly view: ServiceView }) {
  if (view.dependencies.length === 0)
    return (
      <p className="py-2.5 text-soft">
        Nothing declared, nothing inferred. Declare it with the annotation blackstart.dev/depends-on, or in services.yaml.
      </p>
    )
  return (
    <ul className="mt-2 grid gap-x-12 lg:grid-cols-2">
      {view.dependencies.map((one) => (
        <li
          key={`${one.direction} ${one.service}`}
          className="grid grid-cols-[5.5rem_minmax(0,1fr)_auto] items-baseline gap-x-3 border-t border-line py-2"
        >
          <span className="text-sm text-soft">{one.direction === 'needs' ? 'needs' : 'needed by'}</span>
          <span className="min-w-0">
            <Link href={serviceHref(one.service)} className="font-medium underline-offset-2 hover:underline">
              {one.service.split('/').at(-1)}
            </Link>{' '}
            <span className="text-sm text-soft">
              {one.declared ? 'declared' : 'inferred:'} {one.why}
            </span>
          </span>
          <ImpactMark impact={one.impact} />
        </li>
      ))}
    </ul>
  )
}
