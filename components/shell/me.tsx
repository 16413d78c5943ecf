'use client'
import { createContext, type ReactNode, useContext } from 'react'
import type { MeView } from '#lib/auth/view'

const MeContext = createContext<MeView | null>(null)

export function MeProvider({ me, children }: { readonly me: MeView; readonly children: ReactNode }) {
  return <MeContext value={me}>{children}</MeContext>
}

export function useMe(): MeView | null {
  return useContext(MeContext)
}

/** The name that belongs to an id, as far as this person may know it; otherwise the id itself. */
export function usePersonName(): (id: string) => string {
  const me = useMe()
  return (id) => (me?.person.id === id ? me.person.name : (me?.others.find((one) => one.id === id)?.name ?? id))
}

export function Person({ id }: { readonly id: string }) {
  return <>{usePersonName()(id)}</>
}
