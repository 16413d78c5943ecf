'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { classes } from '../ui/classes.ts'
import { Mark } from './mark.tsx'
import { isHere, PLACES } from './places.ts'

export function Rail() {
  const path = usePathname()
  return (
    <nav aria-label="Main" className="no-print sticky top-0 hidden h-dvh flex-col border-r border-line px-2 py-3 md:flex lg:px-3">
      <Link
        href="/"
        className="mb-5 flex h-8 items-center gap-2.5 rounded-md px-2 font-semibold tracking-tight"
        aria-label="Blackstart, to the situation"
      >
        <Mark />
        <span className="hidden lg:inline">Blackstart</span>
      </Link>
      <ul className="space-y-0.5">
        {PLACES.map((place) => {
          const here = isHere(place, path)
          return (
            <li key={place.href}>
              <Link
                href={place.href}
                aria-current={here ? 'page' : undefined}
                title={place.name}
                className={classes(
                  'flex h-9 items-center gap-2.5 rounded-md px-2',
                  here ? 'bg-ink font-medium text-paper' : 'text-soft hover:bg-sunken hover:text-ink',
                )}
              >
                <place.icon size={17} aria-hidden strokeWidth={1.8} className="mx-auto lg:mx-0" />
                <span className="sr-only lg:not-sr-only">{place.name}</span>
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
