import { readDuration } from '#lib/kernel/duration'
import type { RunbookView } from '#lib/runbooks/view'
import { Code } from '../ui/code.tsx'
import { Markdown } from '../ui/markdown.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageHead, Section } from '../ui/page-head.tsx'
import { Badges, Readiness } from './badges.tsx'

type Step = RunbookView['plan'][number]['steps'][number]
const KIND: Record<Step['kind'], string> = {
  do: 'acts on the cluster',
  check: 'check',
  ask: 'question',
  confirm: "a person's word",
  approve: 'approval',
  wait: 'wait',
  runbook: 'another runbook',
}

export function RunbookScreen({ view, start }: { readonly view: RunbookView; readonly start: React.ReactNode }) {
  let number = 0
  return (
    <>
      <PageHead
        title={view.title}
        about={
          <span className="flex flex-wrap gap-x-5 gap-y-1">
            <span className="font-mono text-sm">{view.name}</span>
            <Readiness readiness={view.readiness} />
            {view.owner ? <span>owner {view.owner}</span> : null}
            {view.answers ? (
              <span>
                answers <span className="font-mono text-sm">{view.answers}</span>
              </span>
            ) : null}
            {view.rtoMs ? <span>RTO {readDuration(view.rtoMs)}</span> : null}
            {view.lastRtaMs ? <span>last RTA {readDuration(view.lastRtaMs)}</span> : null}
          </span>
        }
        aside={start}
      />
      <p className="mb-6 text-sm">
        <Badges {...view} />
      </p>
      {view.problems.length > 0 ? (
        <div className="mb-6">
          <Notice
            tone="warn"
            title={view.plan.length > 0 ? 'Its file has something to look at.' : 'It cannot be started until its file is mended.'}
          >
            {view.problems.map((problem) => (
              <span key={problem} className="block break-words font-mono text-sm">
                {problem}
              </span>
            ))}
          </Notice>
        </div>
      ) : null}
      {view.text ? (
        <div className="prose mb-8 max-w-[70ch] text-lg">
          <Markdown text={view.text} />
        </div>
      ) : null}
      {view.plan.map((phase) => (
        <Section key={phase.id} name={phase.title} aside={`${phase.steps.length} ${phase.steps.length === 1 ? 'step' : 'steps'}`}>
          <ol className="divide-y divide-line">
            {phase.steps.map((step) => {
              number += 1
              return (
                <li key={step.id} id={step.id} className="grid gap-x-4 gap-y-1 py-5 md:grid-cols-[2.25rem_minmax(0,1fr)_15rem]">
                  <PlanStep step={step} number={number} />
                </li>
              )
            })}
          </ol>
        </Section>
      ))}
      <Section name="The document">
        <details className="py-2">
          <summary className="inline-flex min-h-7 items-center text-sm underline underline-offset-2">
            YAML as it stands in the file, {view.hash.slice(0, 12)}
          </summary>
          <div className="mt-2">
            <Code lines={view.source.split('\n')} label="Copy the YAML" />
          </div>
        </details>
      </Section>
    </>
  )
}

function PlanStep({ step, number }: { readonly step: Step; readonly number: number }) {
  return (
    <>
      <span className="tabular text-lg text-soft">{number}</span>
      <div className="min-w-0">
        <h3 className="text-lg font-medium">{step.title}</h3>
        {step.why ? <p className="mt-0.5 max-w-[65ch]">{step.why}</p> : null}
        {step.text ? (
          <div className="prose mt-1.5 max-w-[65ch] text-soft">
            <Markdown text={step.text} />
          </div>
        ) : null}
        {step.danger ? <p className="mt-2 border-l-4 border-danger pl-3 text-danger">{step.danger}</p> : null}
        {step.verify.length > 0 ? (
          <ul className="mt-2 space-y-0.5 text-sm">
            {step.verify.map((one) => (
              <li key={one} className="break-words">
                <span className="text-soft">proved by </span>
                {one}
              </li>
            ))}
          </ul>
        ) : null}
        {step.kubectl.length > 0 ? (
          <details className="mt-2">
            <summary className="inline-flex min-h-7 items-center text-sm text-soft underline underline-offset-2">With kubectl</summary>
            <div className="mt-1">
              <Code lines={step.kubectl} />
            </div>
          </details>
        ) : null}
      </div>
      <dl className="grid h-fit grid-cols-[5.5rem_minmax(0,1fr)] gap-x-3 text-sm max-md:mt-2">
        <dt className="text-soft">kind</dt>
        <dd>{KIND[step.kind]}</dd>
        {step.action ? (
          <>
            <dt className="text-soft">action</dt>
            <dd className="font-mono text-xs leading-5">{step.action}</dd>
          </>
        ) : null}
        {step.reversible ? (
          <>
            <dt className="text-soft">way back</dt>
            <dd className={step.reversible === 'not-reversible' ? 'font-medium text-danger' : ''}>{step.reversible.replace('-', ' ')}</dd>
          </>
        ) : null}
        {step.approval ? (
          <>
            <dt className="text-soft">approval</dt>
            <dd>{step.approval}</dd>
          </>
        ) : null}
        {step.takesMs ? (
          <>
            <dt className="text-soft">takes</dt>
            <dd>about {readDuration(step.takesMs)}</dd>
          </>
        ) : null}
        {step.needs.length > 0 ? (
          <>
            <dt className="text-soft">after</dt>
            <dd className="break-words font-mono text-xs leading-5">{step.needs.join(', ')}</dd>
          </>
        ) : null}
      </dl>
    </>
  )
}
