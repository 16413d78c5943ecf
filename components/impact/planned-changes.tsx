'use client'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { call } from '#lib/http/call'
import type { PlannedChangeView } from '#lib/impact/expected-view'
import { newId } from '#lib/kernel/id'
import { readMatch } from '#lib/services/rules'
import { Person } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { Clock } from '../ui/time.tsx'
import { useToast } from '../ui/toast.tsx'

type Props = { readonly rows: readonly PlannedChangeView[]; readonly cluster: string; readonly may: boolean }

/** What was planned: scope and effects, until when, how much of its number is used, who planned it. */
export function PlannedChanges({ rows, cluster, may }: Props) {
  return (
    <ul className="divide-y divide-line">
      {rows.map((one) => (
        <li key={one.id} data-planned={one.state} className="grid gap-x-10 gap-y-2 py-3 md:grid-cols-[minmax(0,1fr)_auto]">
          <div className="min-w-0">
            <h3 className="break-words font-medium">
              {one.title}
              {one.ticket ? <span className="text-soft"> {one.ticket}</span> : null}
            </h3>
            <p className="break-words">
              {one.effects.join(', ')}: {isOfObjects(one) ? readMatch(one.selector) : 'the control plane'}
            </p>
            <p className="text-sm text-soft">
              <Clock at={one.from} /> to <Clock at={one.endedAt ?? one.to} />
              {one.endedBy ? (
                <>
                  , ended early by <Person id={one.endedBy} />
                </>
              ) : null}
              {isOfObjects(one) ? (
                <>
                  {' · '}
                  <Used change={one} />
                </>
              ) : null}
              {' · '}planned by <Person id={one.plannedBy} />
              {one.clusters.length > 1 ? ` · on ${one.clusters.join(', ')}` : ''}
            </p>
          </div>
          {may && one.state !== 'past' ? <End change={one} cluster={cluster} /> : null}
        </li>
      ))}
    </ul>
  )
}

function isOfObjects(change: PlannedChangeView): boolean {
  return change.effects.some((effect) => effect !== 'unreachable')
}

function Used({ change }: { readonly change: PlannedChangeView }) {
  const full = change.covered >= change.maxObjects
  return (
    <span className={full ? 'font-medium text-warn' : ''}>
      {change.covered} of at most {change.maxObjects} objects{full ? ': nothing more is covered' : ''}
    </span>
  )
}

function End({ change, cluster }: { readonly change: PlannedChangeView; readonly cluster: string }) {
  const [busy, setBusy] = useState(false)
  const key = useRef(newId())
  const router = useRouter()
  const toast = useToast()
  async function end() {
    setBusy(true)
    const answer = await call.post(`/clusters/${encodeURIComponent(cluster)}/planned-changes/${change.id}/end`, {}, key.current)
    setBusy(false)
    if (!answer.ok) toast({ tone: 'danger', text: `Not ended: ${answer.error.detail ?? answer.error.title}` })
    router.refresh()
  }
  return (
    <div>
      <Button onClick={() => void end()} disabled={busy}>
        {busy ? 'Ending' : change.state === 'now' ? 'End now' : 'Call off'}
        <span className="sr-only">: {change.title}</span>
      </Button>
    </div>
  )
}
