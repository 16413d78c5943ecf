import type { RunKind } from '#lib/runs/schema'

/** A rehearsal is framed on every screen and on paper, with its word; an incident never is. */
export function KindFrame({ kind }: { readonly kind: RunKind }) {
  if (kind === 'incident') return null
  return (
    <div className="pointer-events-none fixed inset-0 z-[35]" data-kind-frame={kind}>
      <span aria-hidden className="stripes absolute inset-x-0 top-0 h-1.5" />
      <span aria-hidden className="stripes absolute inset-x-0 bottom-0 h-1.5" />
      <span aria-hidden className="stripes absolute inset-y-0 left-0 w-1.5" />
      <span aria-hidden className="stripes absolute inset-y-0 right-0 w-1.5" />
      <strong className="absolute top-0 left-1/2 -translate-x-1/2 rounded-b-md bg-[#e0a415] px-3 pt-0.5 pb-0.5 text-2xs font-bold tracking-[0.08em] text-[#15181a] uppercase">
        {kind}
      </strong>
    </div>
  )
}
