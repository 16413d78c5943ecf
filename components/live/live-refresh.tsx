'use client'
import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import { useBoard } from './live-provider.tsx'

type Props = {
  readonly topic: string /** Only this row of the board's `items`, by id; otherwise any change counts. */
  readonly row?: string
}

const APART_MS = 1_000

/** For pages that the server paints: when the board they rest on moves, they are painted again, at most once a second. */
export function LiveRefresh({ topic, row }: Props) {
  const router = useRouter()
  const board = useBoard<{ items: readonly { id: string }[] }>(topic, undefined)
  const watched = row ? board?.items.find((one) => one.id === row) : board
  const before = useRef(watched)
  useEffect(() => {
    const moved = before.current !== undefined && before.current !== watched
    before.current = watched
    if (!moved) return
    const timer = setTimeout(() => router.refresh(), APART_MS)
    return () => clearTimeout(timer)
  }, [watched, router])
  return null
}
