'use client'
import { Ellipsis } from 'lucide-react'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { classes } from '../ui/classes.ts'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { isHere, PLACES } from './places.ts'

const ITEM = 'flex h-14 w-full flex-col items-center justify-center gap-0.5 text-2xs'

/** On a phone: the three places one needs at night, and the rest behind More. */
export function BottomBar() {
  const path = usePathname()
  const router = useRouter()
  const more = PLACES.slice(3)
  const inMore = more.some((place) => isHere(place, path))
  return (
    <nav
      aria-label="Main"
      className="no-print fixed inset-x-0 bottom-0 z-30 border-t border-line bg-paper pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      <ul className="grid grid-cols-4">
        {PLACES.slice(0, 3).map((place) => (
          <li key={place.href}>
            <Link
              href={place.href}
              aria-current={isHere(place, path) ? 'page' : undefined}
              className={classes(ITEM, isHere(place, path) ? 'font-semibold text-ink' : 'text-soft')}
            >
              <place.icon size={19} aria-hidden strokeWidth={isHere(place, path) ? 2.2 : 1.7} />
              {place.name}
            </Link>
          </li>
        ))}
        <li>
          <Menu
            trigger={
              <button type="button" className={classes(ITEM, inMore ? 'font-semibold text-ink' : 'text-soft')}>
                <Ellipsis size={19} aria-hidden />
                More
              </button>
            }
          >
            {more.map((place) => (
              <MenuItem key={place.href} onSelect={() => router.push(place.href)}>
                <place.icon size={16} aria-hidden />
                {place.name}
              </MenuItem>
            ))}
          </Menu>
        </li>
      </ul>
    </nav>
  )
}
