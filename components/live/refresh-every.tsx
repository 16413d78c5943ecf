'use client'
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'

/** For pages that the server paints and that no board moves: painted again every so many ms while the tab is looked at. */
export function RefreshEvery({ ms }: { readonly ms: number }) {
  const router = useRouter()
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && router.refresh(), ms)
    return () => clearInterval(timer)
  }, [router, ms])
  return null
}
