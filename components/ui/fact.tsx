import type { ReactNode } from 'react'

/** One term of a definition list with what is so of it. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className="font-medium break-words">{children}</dd>
    </div>
  )
}
