import type { ReactNode } from 'react'

/** Says why there is nothing, and what to do about it. */
export function Empty({ title, children, action }: { readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="border-y border-line py-10">
      <p className="text-lg font-medium">{title}</p>
      {children ? <div className="mt-1 max-w-prose text-soft">{children}</div> : null}
      {action ? <div className="mt-4 flex flex-wrap gap-2">{action}</div> : null}
    </div>
  )
}
