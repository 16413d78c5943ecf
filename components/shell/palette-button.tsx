'use client'
import { Search } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useEffect, useState } from 'react'
import { Kbd } from '../ui/kbd.tsx'

const Palette = dynamic(() => import('./palette.tsx').then((file) => file.Palette), { ssr: false })

/** Opens the palette by key or by hand; its code arrives at the first use. */
export function PaletteButton() {
  const [open, setOpen] = useState(false)
  const [wanted, setWanted] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      setWanted(true)
      setOpen((now) => !now)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setWanted(true)
          setOpen(true)
        }}
        className="flex h-8 items-center gap-2 rounded-md border border-line px-2 text-soft hover:border-edge hover:text-ink"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Search size={15} aria-hidden />
        <span className="sr-only text-sm xl:not-sr-only">Find or do</span>
        <span className="hidden gap-1 xl:flex" aria-hidden>
          <Kbd>Ctrl</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      {wanted ? <Palette open={open} onOpenChange={setOpen} /> : null}
    </>
  )
}
