'use client'
import { X } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { classes } from './classes.ts'

type Note = { readonly id: number; readonly tone: 'plain' | 'good' | 'danger'; readonly text: string }
const ToastContext = createContext<(note: Omit<Note, 'id'>) => void>(() => {})

let nextId = 1

/** Short answers to what a person has just done. Refusals stay until they are closed: nobody is timed. */
export function Toasts({ children }: { readonly children: ReactNode }) {
  const [notes, setNotes] = useState<readonly Note[]>([])
  const drop = useCallback((id: number) => setNotes((now) => now.filter((one) => one.id !== id)), [])
  const add = useCallback(
    (note: Omit<Note, 'id'>) => {
      const id = nextId++
      setNotes((now) => [...now.slice(-2), { ...note, id }])
      if (note.tone !== 'danger') setTimeout(() => drop(id), 6000)
    },
    [drop],
  )
  return (
    <ToastContext value={add}>
      {children}
      <div
        aria-live="polite"
        className="no-print pointer-events-none fixed inset-x-3 bottom-18 z-50 flex flex-col items-center gap-2 md:bottom-5"
      >
        {notes.map((note) => (
          <div
            key={note.id}
            className={classes(
              'pointer-events-auto flex max-w-xl items-start gap-3 rounded-md border bg-raised py-2.5 pr-2 pl-4 shadow-[0_8px_28px_#00000030]',
              note.tone === 'danger' ? 'border-danger' : note.tone === 'good' ? 'border-good' : 'border-edge',
            )}
          >
            <p className="py-0.5">{note.text}</p>
            <button
              type="button"
              onClick={() => drop(note.id)}
              aria-label="Close this message"
              className="grid size-7 shrink-0 place-items-center rounded-sm text-soft hover:bg-sunken"
            >
              <X size={14} aria-hidden />
            </button>
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

export function useToast() {
  return useContext(ToastContext)
}
