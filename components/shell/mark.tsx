/** A ring that closes on a single upright: the first generator coming up. */
export function Mark({ size = 20 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden className="shrink-0">
      <path d="M13.6 3.6a7.6 7.6 0 1 1-7.2 0" fill="none" stroke="currentColor" strokeWidth="2.3" />
      <path d="M10 1v9" stroke="currentColor" strokeWidth="2.9" />
    </svg>
  )
}
