import type { ComponentProps } from 'react'
import { classes } from './classes.ts'

/** `primary` is the one next thing; `danger` only what cannot be taken back; everything else is `quiet` or `plain`. */
export type ButtonLook = 'primary' | 'danger' | 'quiet' | 'plain'

const LOOK: Record<ButtonLook, string> = {
  primary: 'bg-ink text-paper hover:bg-ink/85 disabled:bg-line disabled:text-soft',
  danger: 'bg-danger-fill text-on-danger hover:bg-danger-fill/90 disabled:bg-line disabled:text-soft',
  quiet: 'border border-edge bg-raised text-ink hover:bg-sunken disabled:border-line disabled:text-soft',
  plain: 'text-ink hover:bg-sunken disabled:text-soft',
}
const SIZE = { small: 'min-h-7 px-2.5 text-sm', medium: 'min-h-9 px-3.5 text-base', large: 'min-h-11 px-5 text-lg' } as const

export function buttonClass(look: ButtonLook = 'quiet', size: keyof typeof SIZE = 'medium', more = ''): string {
  return classes(
    'inline-flex items-center justify-center gap-2 rounded-md py-1 text-center font-medium transition-colors',
    LOOK[look],
    SIZE[size],
    more,
  )
}

type Props = ComponentProps<'button'> & { readonly look?: ButtonLook; readonly size?: keyof typeof SIZE }

export function Button({ look = 'quiet', size = 'medium', className = '', type = 'button', ...rest }: Props) {
  return <button type={type} className={buttonClass(look, size, className)} {...rest} />
}
