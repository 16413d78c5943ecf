'use client'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { classes } from './classes.ts'

export type DialogProps = {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly about?: ReactNode
  readonly children: ReactNode
  /** `sheet` rises from the bottom edge on a phone and stays a dialog on a desk. */
  readonly shape?: 'middle' | 'sheet' | 'wide'
}

const SHAPE = {
  middle: 'inset-x-3 top-[10vh] max-h-[84vh] sm:mx-auto sm:max-w-lg rounded-lg',
  wide: 'inset-x-3 top-[6vh] max-h-[88vh] sm:mx-auto sm:max-w-3xl rounded-lg',
  sheet: 'inset-x-0 bottom-0 max-h-[85vh] rounded-t-lg',
}

export function DialogBody({ open, onOpenChange, title, about, children, shape = 'middle' }: DialogProps) {
  // Radix gives the focus back to its own trigger only, and these dialogs are opened from anywhere.
  const opener = useRef<Element | null>(null)
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[#000000]/45" />
        <Radix.Content
          className={classes('fixed z-50 flex flex-col border border-line bg-raised text-ink shadow-[0_12px_40px_#00000040]', SHAPE[shape])}
          onOpenAutoFocus={() => {
            opener.current = document.activeElement
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            if (opener.current instanceof HTMLElement) opener.current.focus()
          }}
          {...(about ? {} : { 'aria-describedby': undefined })}
        >
          <header className="flex items-start gap-4 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {about ? (
                <Radix.Description asChild>
                  <div className="mt-0.5 text-sm text-soft">{about}</div>
                </Radix.Description>
              ) : null}
            </div>
            <Radix.Close
              className="-mr-2 grid size-8 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink"
              aria-label="Close"
            >
              <X size={16} aria-hidden />
            </Radix.Close>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 pt-2 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
