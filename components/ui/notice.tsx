import type { ReactNode } from 'react'
import { classes } from './classes.ts'

const TONE = {
  danger: 'border-danger bg-danger-wash',
  warn: 'border-warn bg-warn-wash',
  busy: 'border-busy bg-busy-wash',
  good: 'border-good bg-good-wash',
  plain: 'border-edge bg-sunken',
} as const

/** A sentence that must not be missed, with a bar in the margin; the words carry the meaning. */
export function Notice({
  tone = 'plain',
  title,
  children,
  action,
}: {
  readonly tone?: keyof typeof TONE
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly action?: ReactNode
}) {
  return (
    <div className={classes('flex flex-wrap items-start gap-x-6 gap-y-2 border-l-4 px-4 py-2.5', TONE[tone])}>
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium">{title}</p>
        {children ? <div className="text-sm text-soft">{children}</div> : null}
      </div>
      {action}
    </div>
  )
}
