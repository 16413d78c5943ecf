'use client'
import { useState } from 'react'
import type { RunView } from '#lib/runs/view'
import { ImpactShape } from '../impact/impact-mark.tsx'
import { IMPACT, IMPACTS } from '../impact/words.ts'
import { Button } from '../ui/button.tsx'
import { Textarea } from '../ui/field.tsx'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'
import { Evidence } from './evidence.tsx'
import { Person } from './names.tsx'
import type { Commands } from './use-command.ts'

const FIRST = 14

export function RunAside({ run, commands }: { readonly run: RunView; readonly commands: Commands }) {
  return (
    <>
      <Recovered services={run.services} />
      <Moments run={run} />
      {run.people.length > 0 ? (
        <Section name="People">
          <ul className="divide-y divide-line">
            {run.people.map((one) => (
              <li key={`${one.person} ${one.role}`} className="flex justify-between gap-4 py-1.5">
                <span>
                  <Person id={one.person} />
                </span>
                <span className="text-soft">{one.role}</span>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {run.ledger.length > 0 ? <Ledger rows={run.ledger} /> : null}
      <Evidence run={run} />
      <Timeline run={run} commands={commands} />
    </>
  )
}

function Recovered({ services }: { readonly services: RunView['services'] }) {
  if (services.length === 0) return null
  const shown = IMPACTS.map((impact) => ({ impact, count: services.filter((one) => one.impact === impact).length })).filter(
    (one) => one.count > 0,
  )
  const back = services.filter((one) => one.recoveredAt !== null).length
  const hit = services.filter((one) => !one.badAtT0 && (one.recoveredAt !== null || one.impact !== 'healthy')).length
  return (
    <Section
      name="Services"
      aside={
        <span className="tabular">
          {back} of {Math.max(hit, back)} back
        </span>
      }
    >
      <ul className="grid grid-cols-2 gap-x-4 gap-y-1 py-2">
        {shown.map(({ impact, count }) => (
          <li key={impact} className="flex items-center gap-2">
            <ImpactShape impact={impact} />
            <span className="tabular font-semibold">{count}</span>
            <span className="text-sm text-soft">{IMPACT[impact].word}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Moments({ run }: { readonly run: RunView }) {
  const { disruptedAt, detectedAt, acknowledgedAt, startedAt, closedAt, rtoAt } = run.clocks
  const rows = [
    ['Compared with', run.t0],
    ['Disrupted', disruptedAt],
    ['Detected', detectedAt],
    ['Acknowledged', acknowledgedAt],
    ['Started', startedAt],
    ['Objective', rtoAt],
    ['Closed', closedAt],
  ] as const
  return (
    <Section name="Clocks">
      {run.t0Note ? <p className="pt-2 text-sm">{run.t0Note}</p> : null}
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 py-2">
        {rows.map(([name, at]) =>
          at ? (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd>
                <Clock at={at} />
              </dd>
            </div>
          ) : null,
        )}
      </dl>
    </Section>
  )
}

function Ledger({ rows }: { readonly rows: RunView['ledger'] }) {
  const [all, setAll] = useState(false)
  const open = rows.filter((row) => row.state !== 'reversed')
  const shown = all ? rows : open.slice(0, 6)
  return (
    <Section
      id="ledger"
      name="In force"
      aside={
        <span className="tabular">
          {open.length} of {rows.length} open
        </span>
      }
    >
      <ul className="divide-y divide-line text-sm">
        {shown.map((row) => (
          <li key={row.id} className="py-1.5">
            <span className="font-medium">
              {row.object.kind} {row.object.name}
            </span>{' '}
            {row.state === 'conflict' ? (
              <strong className="font-semibold text-danger">conflict</strong>
            ) : row.state === 'reversed' ? (
              <span className="text-good">reversed</span>
            ) : null}
            <span className="block break-words font-mono text-xs text-soft">
              {row.field}: {row.original || 'absent'} → {row.written || 'absent'}
            </span>
          </li>
        ))}
      </ul>
      {rows.length > shown.length || all ? (
        <Button size="small" look="plain" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </Button>
      ) : null}
    </Section>
  )
}

function Timeline({ run, commands }: { readonly run: RunView; readonly commands: Commands }) {
  const [all, setAll] = useState(false)
  const [text, setText] = useState('')
  const rows = [...run.timeline].sort((a, b) => b.seq - a.seq)
  async function say() {
    if (await commands.send({ do: 'comment', text: text.trim() })) setText('')
  }
  return (
    <Section name="Timeline" aside={<span className="tabular">{rows.length}</span>}>
      {run.stage === 'closed' ? null : (
        <form
          className="no-print py-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (text.trim()) void say()
          }}
        >
          <Textarea
            aria-label="Comment"
            placeholder="Say something for the record"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="min-h-9"
            rows={1}
            maxLength={4000}
          />
          {text.trim() ? (
            <Button type="submit" size="small" className="mt-1.5" disabled={commands.busy !== null}>
              Add the comment
            </Button>
          ) : null}
        </form>
      )}
      <ol className="divide-y divide-line text-sm">
        {(all ? rows : rows.slice(0, FIRST)).map((row) => (
          <li key={row.seq} className="grid grid-cols-[4.25rem_minmax(0,1fr)] gap-x-2 py-1.5">
            <Clock at={row.clusterAt} className="text-soft" />
            <span className="min-w-0 break-words">
              {row.text}{' '}
              <span className="text-soft">
                <Person id={row.by} />
                {row.step ? ` · ${row.step}` : ''}
              </span>
            </span>
          </li>
        ))}
      </ol>
      {rows.length > FIRST ? (
        <Button size="small" look="plain" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </Button>
      ) : null}
    </Section>
  )
}
