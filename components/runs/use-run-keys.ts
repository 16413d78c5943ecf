'use client'
import { useEffect, useRef } from 'react'
import type { StepView } from '#lib/runs/view'

type Keys = {
  readonly steps: readonly StepView[]
  readonly shown: string | null
  readonly current: string | null
  readonly select: (step: string | null) => void
  readonly claim: (step: StepView) => void
  readonly help: () => void
}

/** `j`/`k` move, `c` claims, `Enter` opens the step that is due, `?` tells. No key ever acts on a cluster. */
export function useRunKeys(keys: Keys): void {
  const now = useRef(keys)
  now.current = keys
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [role="dialog"], [role="menu"]'))
        return
      const { steps, shown, select, claim, help } = now.current
      const at = steps.findIndex((step) => step.id === shown)
      const step = steps[at]
      if (event.key === 'j') select(steps[Math.min(at + 1, steps.length - 1)]?.id ?? null)
      else if (event.key === 'k') select(steps[Math.max(at - 1, 0)]?.id ?? null)
      else if (event.key === 'c' && step) claim(step)
      else if (event.key === 'Enter' && !target.closest('button, a, summary')) select(null)
      else if (event.key === '?') help()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
