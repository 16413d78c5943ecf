'use client'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { call } from '#lib/http/call'
import { newId } from '#lib/kernel/id'
import type { StartRun } from '#lib/runs/schema'
import { useToast } from '../ui/toast.tsx'

type Wanted = Pick<StartRun, 'runbook' | 'kind' | 'clusters'> & {
  readonly signal?: string
  readonly drill?: string
  readonly parameters?: Record<string, unknown>
}

/** Starts a run and goes there; a run that is open already is joined instead. The key stays until an answer came. */
export function useStartRun() {
  const router = useRouter()
  const toast = useToast()
  const key = useRef(newId())
  const [busy, setBusy] = useState(false)
  async function go(wanted: Wanted) {
    setBusy(true)
    const answer = await call.post<{ id: string }>('/runs', { parameters: {}, ...wanted, key: key.current }, key.current)
    if (answer.ok) return router.push(`/runs/${answer.value.id}`)
    setBusy(false)
    if (answer.error.status !== 0) key.current = newId()
    const open = answer.error.run
    const id = typeof open === 'string' ? open : typeof open === 'object' && open !== null && 'id' in open ? String(open.id) : null
    if (answer.error.code === 'run-open' && id) {
      toast({ tone: 'plain', text: 'A run is open already; you have joined it.' })
      return router.push(`/runs/${id}`)
    }
    toast({ tone: 'danger', text: `Not started: ${answer.error.detail ?? answer.error.title}` })
  }
  return { go, busy }
}
