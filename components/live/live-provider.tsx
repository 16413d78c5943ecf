'use client'
import { QueryClient, QueryClientProvider, skipToken, useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { PaintedAt, useInBrowser, useNow } from '../ui/now.ts'
import { type Connection, openStream, type Stream } from './stream.ts'

const FIRST: Connection = { state: 'connecting', heardAt: 0 }

function makeLive() {
  // A board lives as long as a screen shows it: the next screen starts from what the server has just painted.
  const client = new QueryClient({ defaultOptions: { queries: { gcTime: 0, staleTime: Number.POSITIVE_INFINITY, retry: false } } })
  const listeners = new Set<() => void>()
  let connection = FIRST
  let stream: Stream | null = null
  return {
    client,
    connection: () => connection,
    onConnection(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stream(): Stream {
      stream ??= openStream({
        board: (topic, board) => client.setQueryData([topic], board),
        connection: (now) => {
          connection = now
          for (const listener of listeners) listener()
        },
      })
      return stream
    },
    close() {
      stream?.close()
      stream = null
    },
  }
}
type Live = ReturnType<typeof makeLive>
const LiveContext = createContext<Live | null>(null)

export function LiveProvider({ paintedAt, children }: { readonly paintedAt: number; readonly children: ReactNode }) {
  const [live] = useState(makeLive)
  useEffect(() => {
    const wake = () => document.visibilityState === 'visible' && live.connection().state === 'lost' && live.stream().retry()
    const online = () => live.stream().retry()
    document.addEventListener('visibilitychange', wake)
    window.addEventListener('online', online)
    return () => {
      document.removeEventListener('visibilitychange', wake)
      window.removeEventListener('online', online)
      live.close()
    }
  }, [live])
  return (
    <PaintedAt value={paintedAt}>
      <LiveContext value={live}>
        <QueryClientProvider client={live.client}>{children}</QueryClientProvider>
      </LiveContext>
    </PaintedAt>
  )
}

function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive: a LiveProvider must stand above')
  return live
}

/** The board of a topic: what the server painted, then what the stream brings. Null asks for nothing. */
export function useBoard<T>(topic: string, painted: T): T
export function useBoard<T>(topic: string | null, painted?: T): T | undefined
export function useBoard<T>(topic: string | null, painted?: T): T | undefined {
  const live = useLive()
  useEffect(() => (topic ? live.stream().join(topic) : undefined), [live, topic])
  const { data } = useQuery<T>({
    queryKey: [topic ?? 'nothing'],
    queryFn: skipToken,
    ...(painted === undefined ? {} : { initialData: painted }),
  })
  // A part that hydrates late must read what the server painted, though the stream has moved on meanwhile.
  return useInBrowser() ? (data ?? painted) : painted
}

/** How long the stream may be away before what stands on the screen counts as old, ms. */
const GRACE_MS = 3_000

/** When the stream was last heard, once it is lost; null while it is not. */
export function useLostSince(): number | null {
  const { state, heardAt } = useConnection()
  const now = useNow()
  return state === 'lost' && now - heardAt > GRACE_MS ? heardAt : null
}

export function useConnection(): Connection & { readonly retry: () => void } {
  const live = useLive()
  const now = useSyncExternalStore(live.onConnection, live.connection, () => FIRST)
  return { ...now, retry: () => live.stream().retry() }
}
