'use client'
import { createContext, useContext, useSyncExternalStore } from 'react'

/** The moment at which the server painted; hydration must read the same one. */
export const PaintedAt = createContext(0)

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function tick() {
  now = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  now = Date.now()
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Wall time in ms, moving once a second; one timer for the whole tab. */
export function useNow(): number {
  const painted = useContext(PaintedAt)
  return useSyncExternalStore(
    subscribe,
    () => now,
    () => painted,
  )
}

const never = () => () => {}

/** False on the server and while hydrating, then true: for what only the browser knows, such as its time zone. */
export function useInBrowser(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  )
}
