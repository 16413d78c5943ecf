'use client'
import { createContext, type ReactNode, useContext } from 'react'
import { usePersonName } from '../shell/me.tsx'

const NamesContext = createContext<Readonly<Record<string, string>>>({})

/** The names that the run's own view brings along, for everything shown of it. */
export function RunNames({ names, children }: { readonly names: Readonly<Record<string, string>>; readonly children: ReactNode }) {
  return <NamesContext value={names}>{children}</NamesContext>
}

/** A person or token by name; by id only when no name is kept. */
export function Person({ id }: { readonly id: string }) {
  const names = useContext(NamesContext)
  const known = usePersonName()
  return <>{names[id] ?? known(id)}</>
}
