'use client'
import { type ComponentProps, cloneElement, createContext, type ReactElement, type ReactNode, use, useState } from 'react'
import { classes } from './classes.ts'
import type { menuParts } from './menu-parts.ts'

type Parts = typeof menuParts
let parts: Parts | null = null
const PartsContext = createContext<Parts | null>(null)

async function fetchParts(): Promise<Parts> {
  parts ??= (await import('./menu-parts.ts')).menuParts
  return parts
}

type Props = { readonly trigger: ReactElement<ComponentProps<'button'>>; readonly children: ReactNode; readonly align?: 'start' | 'end' }

/** A menu behind a button; its code is fetched when a pointer or the focus first comes near. */
export function Menu({ trigger, children, align = 'end' }: Props) {
  const [held, setHeld] = useState<Parts | null>(null)
  const [open, setOpen] = useState(false)
  const near = () => void fetchParts()
  if (!held) {
    const first = async () => {
      setHeld(await fetchParts())
      setOpen(true)
    }
    return cloneElement(trigger, {
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      onPointerEnter: near,
      onFocus: near,
      onClick: () => void first(),
    })
  }
  return (
    <PartsContext value={held}>
      <held.Root modal={false} open={open} onOpenChange={setOpen}>
        <held.Trigger asChild>{trigger}</held.Trigger>
        <held.Portal>
          <held.Content
            align={align}
            sideOffset={6}
            collisionPadding={8}
            className="z-50 max-h-[70vh] max-w-[min(24rem,94vw)] min-w-52 overflow-y-auto rounded-md border border-line bg-raised p-1 text-ink shadow-[0_8px_28px_#00000030]"
          >
            {children}
          </held.Content>
        </held.Portal>
      </held.Root>
    </PartsContext>
  )
}

function useParts(): Parts {
  const held = use(PartsContext)
  if (!held) throw new Error('A menu item stands only inside a Menu')
  return held
}

type Item = { readonly children: ReactNode; readonly onSelect: () => void; readonly disabled?: boolean; readonly danger?: boolean }

export function MenuItem({ children, onSelect, disabled = false, danger = false }: Item) {
  const Radix = useParts()
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
  const Radix = useParts()
  return <Radix.Label className="px-2.5 pt-2 pb-1 text-xs text-soft">{children}</Radix.Label>
}

export function MenuLine() {
  const Radix = useParts()
  return <Radix.Separator className="my-1 h-px bg-line" />
}
