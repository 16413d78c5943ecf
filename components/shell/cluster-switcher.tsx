'use client'
import { Check, ChevronDown, Server } from 'lucide-react'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import type { ClusterSummary } from '#lib/impact/view'
import { Freshness } from '../live/freshness.tsx'
import { Menu, MenuItem, MenuLine, MenuName } from '../ui/menu.tsx'

export function ClusterMode({ mode }: { readonly mode: ClusterSummary['mode'] }) {
  return (
    <span
      className={
        mode === 'live'
          ? 'rounded-sm bg-ink px-1.5 text-2xs font-semibold text-paper'
          : 'rounded-sm border border-edge px-1.5 text-2xs text-soft'
      }
    >
      {mode}
    </span>
  )
}

/** Which cluster the lists are about, and how fresh what we know of it is. */
export function ClusterSwitcher({ clusters }: { readonly clusters: readonly ClusterSummary[] }) {
  const router = useRouter()
  const path = usePathname()
  const asked = useSearchParams().get('cluster')
  const inPath = clusterInPath(path)
  const here = clusters.find((one) => one.name === (asked ?? inPath)) ?? clusters[0]
  if (!here) return <span className="text-sm text-soft">No cluster connected</span>
  const about = (name: string) => `/clusters/${encodeURIComponent(name)}`
  const go = (name: string) => router.push(sameOn(path, name) ?? about(name))
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="flex h-8 min-w-0 items-center gap-2 rounded-md px-2 hover:bg-sunken">
          <span className="sr-only">Cluster </span>
          <span className="truncate font-medium">{here.name}</span>
          <ClusterMode mode={here.mode} />
          <span className="max-[420px]:hidden">
            <Freshness freshness={here.freshness} observedAt={here.observedAt} quiet />
          </span>
          <span className="sr-only">{here.freshness}; choose another</span>
          <ChevronDown size={14} aria-hidden className="text-soft" />
        </button>
      }
    >
      <MenuName>Clusters</MenuName>
      {clusters.map((one) => (
        <MenuItem key={one.name} onSelect={() => go(one.name)}>
          <Check size={14} aria-hidden className={one.name === here.name ? '' : 'invisible'} />
          <span className="font-medium">{one.name}</span>
          <ClusterMode mode={one.mode} />
          <span className="ml-auto pl-4">
            <Freshness freshness={one.freshness} observedAt={one.observedAt} />
          </span>
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem onSelect={() => router.push(about(here.name))}>
        <Server size={14} aria-hidden />
        About {here.name}: freshness, permissions, record
      </MenuItem>
      <p className="border-t border-line px-2.5 pt-2 pb-1.5 text-sm text-soft">
        Kubernetes {here.version || 'version unknown'} ·{' '}
        {here.actions === 'on' ? 'Blackstart may act here' : 'Blackstart only watches here'}
        {here.trouble ? ` · ${here.trouble}` : ''}
      </p>
    </Menu>
  )
}

/** Pages of one thing name its cluster in their path; the lists name it in the query. */
export function clusterInPath(path: string): string | null {
  const [, place, cluster] = path.split('/')
  return cluster && ['services', 'objects', 'clusters'].includes(place ?? '') ? decodeURIComponent(cluster) : null
}

/** The same place on another cluster; null for the page of a cluster itself. */
function sameOn(path: string, cluster: string): string | null {
  const place = path.split('/')[1] ?? ''
  if (place === 'clusters') return null
  return `${clusterInPath(path) ? `/${place}` : path}?cluster=${encodeURIComponent(cluster)}`
}
