'use client'
import { OctagonPause } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { call } from '#lib/http/call'
import type { SignalView, SituationView } from '#lib/impact/view'
import { StartRunDialog } from '../runs/start-run-dialog.tsx'
import { useStartRun } from '../runs/use-start-run.ts'
import type { OpenRun } from '../shell/open-run.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { useToast } from '../ui/toast.tsx'
import { statusUpdate } from './status-update.ts'

type Props = {
  readonly signal: SignalView
  readonly absorbed: readonly SignalView[]
  readonly view: SituationView
  readonly run: OpenRun | null
  readonly main: boolean
}

const BY_CONTROLLERS = new Set<SignalView['kind']>([
  'argocd-gone',
  'controller-started-too-early',
  'mass-deletion',
  'prune-pending-critical',
])

export function SignalActions({ signal, absorbed, view, run, main }: Props) {
  const [asking, setAsking] = useState(false)
  const [sending, setSending] = useState(false)
  const start = useStartRun()
  const toast = useToast()
  // The first banner speaks for the incident: what answers another signal of it is offered here too.
  const together = main
    ? [signal, ...view.signals.filter((one) => one.closedAt === null && one.cluster === signal.cluster && one.incident === signal.incident)]
    : [signal]
  const runbooks = [...new Set(together.flatMap((one) => one.runbooks))]
  const runbook = runbooks[0]
  const cluster = view.clusters.find((one) => one.name === signal.cluster)
  const incident = view.incidents.find((one) => one.id === signal.incident)
  const kind = incident?.kind ?? (cluster?.mode === 'drill' ? 'drill' : 'incident')
  const stopsControllers = together.some((one) => BY_CONTROLLERS.has(one.kind))

  async function acknowledge() {
    setSending(true)
    for (const one of [signal, ...absorbed].filter((each) => each.acknowledgedBy === null)) {
      const answer = await call.post(`/signals/${encodeURIComponent(one.id)}/acknowledge`)
      if (!answer.ok) toast({ tone: 'danger', text: `Not acknowledged: ${answer.error.detail ?? answer.error.title}` })
    }
    setSending(false)
  }

  return (
    <div className="no-print mt-4 flex flex-wrap items-center gap-2">
      {run ? (
        <Link href={`/runs/${run.id}`} className={buttonClass(main ? 'primary' : 'quiet')}>
          Join the recovery
        </Link>
      ) : null}
      {!run && runbook ? (
        <Button look={main ? 'primary' : 'quiet'} disabled={!view.database} onClick={() => setAsking(true)}>
          Start recovery
        </Button>
      ) : null}
      {run || runbook || !main ? null : (
        <Link href="/runbooks" className="mr-2 text-sm text-soft underline underline-offset-2">
          No runbook answers this signal; see all runbooks
        </Link>
      )}
      {!run && runbook && stopsControllers ? (
        <Button
          disabled={start.busy || !view.database}
          onClick={() => void start.go({ runbook, kind, clusters: [signal.cluster], signal: signal.id })}
          title="Opens the run at its first step; nothing is changed before you confirm there."
        >
          <OctagonPause size={16} aria-hidden className="text-danger" />
          Stop controllers
        </Button>
      ) : null}
      {signal.acknowledgedBy ? null : (
        <Button disabled={sending || !view.database} onClick={() => void acknowledge()}>
          Acknowledge
        </Button>
      )}
      {main ? <CopyButton size="medium" label="Copy status update" text={() => statusUpdate(view, new Date())} /> : null}
      {runbook ? (
        <span className="w-full text-sm text-soft sm:w-auto sm:pl-2">
          Proposed:{' '}
          <Link href={`/runbooks/${runbook}`} className="font-mono text-xs underline underline-offset-2">
            {runbook}
          </Link>
        </span>
      ) : null}
      {asking ? (
        <StartRunDialog
          open
          onOpenChange={setAsking}
          runbooks={runbooks}
          clusters={view.clusters}
          cluster={signal.cluster}
          kind={kind}
          signal={signal.id}
        />
      ) : null}
    </div>
  )
}
