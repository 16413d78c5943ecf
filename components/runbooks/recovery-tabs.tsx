'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { classes } from '../ui/classes.ts'

const TABS = [
  ['/runbooks', 'Runbooks'],
  ['/runs', 'Runs'],
] as const

export function RecoveryTabs() {
  const path = usePathname()
  return (
    <nav aria-label="Recovery" className="mb-6 flex gap-6 border-b border-line">
      {TABS.map(([href, name]) => (
        <Link
          key={href}
          href={href}
          aria-current={path === href ? 'page' : undefined}
          className={classes(
            '-mb-px border-b-2 pb-2',
            path === href ? 'border-ink font-medium' : 'border-transparent text-soft hover:text-ink',
          )}
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}
