import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes.ts'

const BOX = 'w-full rounded-md border border-edge bg-raised px-3 text-ink placeholder:text-soft'

export function Field({
  label,
  hint,
  error,
  children,
}: {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string
  readonly children: ReactNode
}) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="block">
      <span className="mb-1 block text-sm font-medium">{label}</span>
      {children}
      {hint ? <span className="mt-1 block text-sm text-soft">{hint}</span> : null}
      {error ? (
        <span role="alert" className="mt-1 block text-sm font-medium text-danger">
          {error}
        </span>
      ) : null}
    </label>
  )
}

export function Input({ className = '', ...rest }: ComponentProps<'input'>) {
  return <input className={classes(BOX, 'h-9', className)} {...rest} />
}

export function Textarea({ className = '', ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={classes(BOX, 'min-h-20 py-2', className)} {...rest} />
}

export function Select({ className = '', ...rest }: ComponentProps<'select'>) {
  return <select className={classes(BOX, 'h-9 pr-2', className)} {...rest} />
}
