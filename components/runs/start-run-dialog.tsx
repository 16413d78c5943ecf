'use client'
import { useEffect, useState } from 'react'
import { call } from '#lib/http/call'
import type { ClusterSummary } from '#lib/impact/view'
import type { RunbookRow } from '#lib/runbooks/view'
import type { RunKind } from '#lib/runs/schema'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Select } from '../ui/field.tsx'
import { useStartRun } from './use-start-run.ts'

type Props = {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  /** What is proposed, best first; every other runbook can be chosen too. */
  readonly runbooks: readonly string[]
  readonly clusters: readonly Pick<ClusterSummary, 'name' | 'mode' | 'actions'>[]
  readonly cluster?: string
  readonly kind?: RunKind
  readonly signal?: string
}

/** Named here, for the schema would bring its whole library to the browser. */
const KINDS: readonly RunKind[] = ['incident', 'drill', 'tabletop']
const ABOUT: Record<RunKind, string> = {
  incident: 'It is real. Acts reach a live cluster.',
  drill: 'A rehearsal on a drill cluster; framed and named so on every screen.',
  tabletop: 'A rehearsal on paper; no cluster is touched.',
}

export function StartRunDialog({ open, onOpenChange, runbooks, clusters, cluster, kind, signal }: Props) {
  const [runbook, setRunbook] = useState(runbooks[0] ?? '')
  const [where, setWhere] = useState(cluster ?? clusters[0]?.name ?? '')
  const all = useRunbooks(runbooks)
  const chosen = clusters.find((one) => one.name === where)
  const [as, setAs] = useState<RunKind>(kind ?? (chosen?.mode === 'live' ? 'incident' : 'drill'))
  const start = useStartRun()
  const kinds = KINDS.filter((one) => one === 'tabletop' || one === (chosen?.mode === 'live' ? 'incident' : 'drill'))
  const kindNow = kinds.includes(as) ? as : (kinds[0] ?? 'tabletop')
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Start recovery"
      about="Opens a run. Nothing is changed on a cluster until you confirm a step in it."
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void start.go({ runbook, kind: kindNow, clusters: [where], ...(signal ? { signal } : {}) })
        }}
      >
        <Field label="Runbook">
          <Select value={runbook} onChange={(event) => setRunbook(event.target.value)} required>
            {runbook === '' ? <option value="">Choose one</option> : null}
            {all.map(({ name, title }) => (
              <option key={name} value={name}>
                {runbooks[0] === name ? `${title} (proposed)` : title}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          label="Cluster"
          hint={chosen?.actions === 'off' ? 'Actions are off here: steps become commands to copy, and Blackstart verifies.' : undefined}
        >
          <Select value={where} onChange={(event) => setWhere(event.target.value)}>
            {clusters.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name} ({one.mode})
              </option>
            ))}
          </Select>
        </Field>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">As</legend>
          {kinds.map((one) => (
            <label key={one} className="flex gap-3 py-1.5">
              <input
                type="radio"
                name="kind"
                value={one}
                checked={kindNow === one}
                onChange={() => setAs(one)}
                className="mt-1 size-4 accent-[var(--ink)]"
              />
              <span>
                <span className="font-medium">{one}</span> <span className="block text-sm text-soft">{ABOUT[one]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Button type="submit" look="primary" size="large" className="w-full" disabled={start.busy || runbook === '' || where === ''}>
          {start.busy ? 'Opening the run' : `Open the run on ${where}`}
        </Button>
      </form>
    </Dialog>
  )
}

/** The proposed ones at once, by name; all with their titles as soon as the list has come. */
function useRunbooks(proposed: readonly string[]): readonly Pick<RunbookRow, 'name' | 'title'>[] {
  const [rows, setRows] = useState<readonly Pick<RunbookRow, 'name' | 'title'>[]>(() => proposed.map((name) => ({ name, title: name })))
  useEffect(() => {
    void call.get<{ items: RunbookRow[] }>('/runbooks').then((answer) => answer.ok && setRows(answer.value.items))
  }, [])
  const rank = (name: string) => (proposed.includes(name) ? proposed.indexOf(name) : proposed.length)
  return [...rows].sort((a, b) => rank(a.name) - rank(b.name))
}
