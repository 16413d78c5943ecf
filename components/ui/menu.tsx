'use client'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  readonly trigger: ReactNode
  readonly children: ReactNode
  readonly align?: 'start' | 'end'
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-h-[70vh] max-w-[min(24rem,94vw)] min-w-52 overflow-y-auto rounded-md border border-line bg-raised p-1 text-ink shadow-[0_8px_28px_#00000030]"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

type Item = { readonly children: ReactNode; readonly onSelect: () => void; readonly disabled?: boolean; readonly danger?: boolean }

export function MenuItem({ children, onSelect, disabled = false, danger = false }: Item) {
  return (
    <Radix.Item
      disabled={disabled}
      onSelect={onSelect}
      className={classes(
        'flex min-h-8 items-center gap-2.5 rounded-sm px-2.5 py-1.5 text-base outline-none data-[disabled]:text-soft data-[highlighted]:bg-sunken',
        danger && 'text-danger',
      )}
    >
      {children}
    </Radix.Item>
  )
}

export function MenuName({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="px-2.5 pt-2 pb-1 text-xs text-soft">{children}</Radix.Label>
}

export function MenuLine() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}
