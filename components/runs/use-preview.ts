'use client'
import { useCallback, useEffect, useState } from 'react'
import { call } from '#lib/http/call'
import type { PreviewView, StepView } from '#lib/runs/view'

export type Preview = {
  readonly state: 'none' | 'asking' | 'known' | 'refused'
  readonly view: PreviewView | null
  readonly why: string
  readonly again: () => void
}

const WORTH_ASKING: ReadonlySet<StepView['stage']> = new Set<StepView['stage']>([
  'ready',
  'in-progress',
  'awaiting-approval',
  'blocked',
  'failed',
])

/** What the step would do if it were done now; asked again when the step moves or the answer gets old. */
export function usePreview(run: string, step: StepView): Preview {
  const wanted = step.kind === 'do' && WORTH_ASKING.has(step.stage)
  const [answer, setAnswer] = useState<Omit<Preview, 'again'>>({ state: 'none', view: null, why: '' })
  const [round, setRound] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version or round asks again
  useEffect(() => {
    if (!wanted) return setAnswer({ state: 'none', view: null, why: '' })
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    setAnswer((before) => ({ ...before, state: 'asking' }))
    void call.get<PreviewView>(`/runs/${run}/steps/${encodeURIComponent(step.id)}/preview`, abort.signal).then((said) => {
      if (abort.signal.aborted) return
      if (!said.ok) return setAnswer({ state: 'refused', view: null, why: said.error.detail ?? said.error.title })
      setAnswer({ state: 'known', view: said.value, why: '' })
      const left = Date.parse(said.value.validUntil) - Date.now()
      timer = setTimeout(() => setRound((now) => now + 1), Math.min(Math.max(left, 15_000), 120_000))
    })
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [run, step.id, step.version, wanted, round])
  const again = useCallback(() => setRound((now) => now + 1), [])
  return { ...answer, again }
}
