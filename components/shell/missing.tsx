import Link from 'next/link'
import { buttonClass } from '../ui/button.tsx'

export function Missing() {
  return (
    <div className="max-w-prose py-10">
      <h1 className="text-2xl font-semibold tracking-tight">There is nothing at this address.</h1>
      <p className="mt-2 text-soft">
        It may have been renamed, or it belongs to a cluster that is no longer connected. The record keeps what was done with it.
      </p>
      <p className="mt-5 flex gap-2">
        <Link href="/" className={buttonClass('primary')}>
          To the situation
        </Link>
        <Link href="/services" className={buttonClass('quiet')}>
          Find a service
        </Link>
      </p>
    </div>
  )
}
