'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { useState } from 'react'
import { call, type Problem } from '#lib/http/call'
import type { SituationView } from '#lib/impact/view'

export type Past = {
  /** The moment asked for, RFC 3339; null is now. */
  readonly at: string | null
  /** What was recorded of it; the moment before it while the answer is on its way, null while there is none. */
  readonly view: SituationView | null
  readonly trouble: Problem | null
  readonly waiting: boolean
  readonly go: (at: string | null) => void
}

/** A moment of the recorded past instead of now, kept in the address. */
export function usePast(): Past {
  const asked = useSearchParams().get('at')
  const [at, setAt] = useState(() => (asked && !Number.isNaN(Date.parse(asked)) ? new Date(asked).toISOString() : null))
  const { data, error, isFetching } = useQuery<SituationView, Problem>({
    queryKey: ['past', at],
    queryFn: async ({ signal }) => {
      const answer = await call.get<SituationView>(`/situation?${new URLSearchParams({ at: at ?? '' })}`, signal)
      if (!answer.ok) throw answer.error
      return answer.value
    },
    enabled: at !== null,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  })
  function go(next: string | null) {
    setAt(next)
    window.history.replaceState(null, '', next ? `/?${new URLSearchParams({ at: next })}` : '/')
  }
  return { at, view: at && !error ? (data ?? null) : null, trouble: at ? error : null, waiting: at !== null && isFetching, go }
}
