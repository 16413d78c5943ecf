'use client'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'

type Heights = { readonly desk: number; readonly phone: number }
type Rows = {
  readonly body: RefObject<HTMLDivElement | null>
  readonly height: number
  readonly items: readonly { readonly index: number }[]
}

/** Rendered by the server and before anything is measured. */
const FIRST = 40
const DESK_PX = 768

/** Which of many equally high rows are on the screen; the window scrolls, and `body` is what holds them. */
export function useWindowRows(count: number, heights: Heights): Rows {
  const body = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(heights.desk)
  const { desk, phone } = heights
  useLayoutEffect(() => {
    const measure = () => {
      setTop(body.current ? body.current.getBoundingClientRect().top + window.scrollY : 0)
      setHeight(window.innerWidth < DESK_PX ? phone : desk)
    }
    measure()
    window.addEventListener('resize', measure)
    return () => window.removeEventListener('resize', measure)
  }, [desk, phone])
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: top,
    initialRect: { width: 1200, height: FIRST * desk },
  })
  return { body, height, items: virtual.getVirtualItems() }
}
