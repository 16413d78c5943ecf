'use client'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { classes } from '../ui/classes.ts'

const TABS = [
  { path: '/services', name: 'Services', href: (cluster: string) => `/services?cluster=${cluster}` },
  { path: '/objects', name: 'Objects', href: (cluster: string) => `/objects?cluster=${cluster}` },
  { path: '/changes', name: 'Changes', href: (cluster: string) => `/changes?cluster=${cluster}` },
  { path: '/expected', name: 'Expected', href: (cluster: string) => `/expected?cluster=${cluster}` },
  { path: '/clusters', name: 'Cluster', href: (cluster: string) => `/clusters/${cluster}` },
] as const

/** The ways to look at one cluster: what people care about, everything, what changed, what was to be expected, and how we know. */
export function InventoryTabs({ cluster }: { readonly cluster: string }) {
  const path = usePathname()
  return (
    <nav aria-label={`On ${cluster}`} className="mb-6 flex gap-6 overflow-x-auto border-b border-line">
      {TABS.map((tab) => {
        const here = path.startsWith(tab.path)
        return (
          <Link
            key={tab.path}
            href={tab.href(encodeURIComponent(cluster))}
            prefetch={false}
            aria-current={here ? 'page' : undefined}
            className={classes(
              'border-b-2 pb-2 focus-visible:-outline-offset-2',
              here ? 'border-ink font-medium' : 'border-transparent text-soft hover:text-ink',
            )}
          >
            {tab.name}
          </Link>
        )
      })}
    </nav>
  )
}
