import type { ReactNode } from 'react'

export function PageHead({ title, about, aside }: { readonly title: ReactNode; readonly about?: ReactNode; readonly aside?: ReactNode }) {
  return (
    <header className="mb-6 flex flex-wrap items-end gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {about ? <div className="mt-1 max-w-[70ch] text-soft">{about}</div> : null}
      </div>
      {aside ? <div className="flex flex-wrap items-center gap-2">{aside}</div> : null}
    </header>
  )
}

export function Section({
  name,
  aside,
  children,
  id,
}: {
  readonly name: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly id?: string
}) {
  return (
    <section className="mt-9 first:mt-0" aria-labelledby={id}>
      <div className="mb-1 flex flex-wrap items-baseline gap-x-4 gap-y-1 border-b border-line pb-1.5">
        <h2 id={id} className="section-name">
          {name}
        </h2>
        {aside ? <div className="ml-auto text-sm text-soft">{aside}</div> : null}
      </div>
      {children}
    </section>
  )
}
