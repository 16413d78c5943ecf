'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { call, type Problem } from '#lib/http/call'

type Fresh<T> = {
  readonly data: T
  /** Why the last question had no answer; what stands there is then from before. */
  readonly trouble: Problem | null
  /** Still showing the answer to the question before. */
  readonly behind: boolean
  readonly again: () => void
}

/** For what has no board: asked again every few seconds while the tab is looked at, starting from what the server painted. */
export function useFresh<T>(path: string, painted: { readonly path: string; readonly data: T }, everyMs = 5_000): Fresh<T> {
  const { data, error, isPlaceholderData, refetch } = useQuery<T, Problem>({
    queryKey: ['fresh', path],
    queryFn: async ({ signal }) => {
      const answer = await call.get<T>(path, signal)
      if (!answer.ok) throw answer.error
      return answer.value
    },
    ...(path === painted.path ? { initialData: painted.data } : {}),
    placeholderData: keepPreviousData,
    refetchInterval: everyMs,
    staleTime: everyMs,
  })
  return { data: data ?? painted.data, trouble: error, behind: isPlaceholderData, again: () => void refetch() }
}
