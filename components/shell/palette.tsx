'use client'
import { Command } from 'cmdk'
import { BookOpen, Boxes, CalendarClock, Check, History, Layers, Server } from 'lucide-react'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useEffect, useState } from 'react'
import { call } from '#lib/http/call'
import type { ServiceRow, SituationView } from '#lib/impact/view'
import type { RunbookRow } from '#lib/runbooks/view'
import { ImpactMark } from '../impact/impact-mark.tsx'
import { useBoard } from '../live/live-provider.tsx'
import { serviceHref } from '../services/service-href.ts'
import { useToast } from '../ui/toast.tsx'
import { clusterInPath } from './cluster-switcher.tsx'
import { openRun } from './open-run.ts'
import { PLACES } from './places.ts'

const ITEM = 'flex min-h-9 items-center gap-3 rounded-sm px-3 py-1.5 data-[selected=true]:bg-sunken'
const GROUP =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-3 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-soft'

function useServices(cluster: string | undefined, q: string): readonly ServiceRow[] {
  const [rows, setRows] = useState<readonly ServiceRow[]>([])
  useEffect(() => {
    if (!cluster || q.length < 2) return setRows([])
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      const answer = await call.get<{ items: ServiceRow[] }>(
        `/clusters/${encodeURIComponent(cluster)}/services?limit=8&q=${encodeURIComponent(q)}`,
        abort.signal,
      )
      if (answer.ok) setRows(answer.value.items)
    }, 120)
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [cluster, q])
  return rows
}

export function Palette({ open, onOpenChange }: { readonly open: boolean; readonly onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const toast = useToast()
  const [q, setQ] = useState('')
  const [runbooks, setRunbooks] = useState<readonly RunbookRow[]>([])
  const situation = useBoard<SituationView>('situation', undefined)
  const path = usePathname()
  const troubled = situation?.signals.find((signal) => signal.closedAt === null)?.cluster
  const cluster = useSearchParams().get('cluster') ?? clusterInPath(path) ?? troubled ?? situation?.clusters[0]?.name
  const services = useServices(cluster, q.trim())
  const run = situation ? openRun(situation.incidents) : null
  const unheard = situation?.signals.filter((signal) => signal.closedAt === null && signal.acknowledgedBy === null) ?? []

  useEffect(() => {
    if (open) void call.get<{ items: RunbookRow[] }>('/runbooks').then((answer) => answer.ok && setRunbooks(answer.value.items))
  }, [open])

  function go(href: string) {
    onOpenChange(false)
    setQ('')
    router.push(href)
  }
  async function acknowledge(id: string) {
    onOpenChange(false)
    const answer = await call.post(`/signals/${encodeURIComponent(id)}/acknowledge`)
    toast(answer.ok ? { tone: 'good', text: 'Acknowledged.' } : { tone: 'danger', text: answer.error.detail ?? answer.error.title })
  }

  return (
    <Command.Dialog
      open={open}
      onOpenChange={onOpenChange}
      label="Find or do"
      loop
      filter={fits}
      overlayClassName="fixed inset-0 z-40 bg-[#000000]/45"
      contentClassName="fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl overflow-hidden rounded-lg border border-line bg-raised shadow-[0_12px_40px_#00000040]"
    >
      <Command.Input
        value={q}
        onValueChange={setQ}
        placeholder="A place, a service, a runbook, an act"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-soft"
      />
      <Command.List className="max-h-[55vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-soft">Nothing here is called that.</Command.Empty>
        {run ? (
          <Command.Group heading="Under way" className={GROUP}>
            <Command.Item className={ITEM} onSelect={() => go(`/runs/${run.id}`)}>
              Join the run of {run.runbook}
            </Command.Item>
          </Command.Group>
        ) : null}
        {unheard.length > 0 ? (
          <Command.Group heading="Acknowledge" className={GROUP}>
            {unheard.map((signal) => (
              <Command.Item
                key={signal.id}
                value={`acknowledge ${signal.title} ${signal.id}`}
                className={ITEM}
                onSelect={() => void acknowledge(signal.id)}
              >
                <Check size={15} aria-hidden />
                Acknowledge: {signal.title}
              </Command.Item>
            ))}
          </Command.Group>
        ) : null}
        {services.length > 0 ? (
          <Command.Group heading="Services" className={GROUP}>
            {services.map((row) => (
              <Command.Item key={row.id} value={`${q} ${row.id}`} className={ITEM} onSelect={() => go(serviceHref(row.id))}>
                <Layers size={15} aria-hidden />
                <span>
                  {row.name} <span className="text-soft">{row.namespace}</span>
                </span>
                <span className="ml-auto">
                  <ImpactMark impact={row.impact} />
                </span>
              </Command.Item>
            ))}
          </Command.Group>
        ) : null}
        <Command.Group heading="Go to" className={GROUP}>
          {PLACES.map((place) => (
            <Command.Item key={place.href} value={`go ${place.name}`} className={ITEM} onSelect={() => go(place.href)}>
              <place.icon size={15} aria-hidden />
              {place.name}
            </Command.Item>
          ))}
        </Command.Group>
        {cluster ? (
          <Command.Group heading={`On ${cluster}`} className={GROUP}>
            {on(cluster).map((place) => (
              <Command.Item key={place.href} value={`go ${place.name} ${cluster}`} className={ITEM} onSelect={() => go(place.href)}>
                <place.icon size={15} aria-hidden />
                {place.name}
              </Command.Item>
            ))}
            {q.trim().length > 1 ? (
              <Command.Item
                value={`${q} objects called`}
                className={ITEM}
                onSelect={() => go(`/objects?${new URLSearchParams({ cluster, q: q.trim() })}`)}
              >
                <Boxes size={15} aria-hidden />
                Objects called “{q.trim()}”
              </Command.Item>
            ) : null}
          </Command.Group>
        ) : null}
        {runbooks.length > 0 ? (
          <Command.Group heading="Runbooks" className={GROUP}>
            {runbooks.map((runbook) => (
              <Command.Item
                key={runbook.name}
                value={`runbook ${runbook.name} ${runbook.title}`}
                className={ITEM}
                onSelect={() => go(`/runbooks/${runbook.name}?start=1`)}
              >
                <BookOpen size={15} aria-hidden />
                <span className="min-w-0 truncate">Start {runbook.title}</span>
              </Command.Item>
            ))}
          </Command.Group>
        ) : null}
      </Command.List>
    </Command.Dialog>
  )
}

function on(cluster: string) {
  const name = encodeURIComponent(cluster)
  return [
    { name: 'Objects', href: `/objects?cluster=${name}`, icon: Boxes },
    { name: 'Changes', href: `/changes?cluster=${name}`, icon: History },
    { name: 'Expected change: plan one, end one', href: `/expected?cluster=${name}`, icon: CalendarClock },
    { name: 'Cluster: freshness, permissions, record', href: `/clusters/${name}`, icon: Server },
  ]
}

/** All words have to occur; guessing at letters would offer runbooks to whoever looks for a service. */
function fits(value: string, search: string): number {
  const text = value.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
    ? 1
    : 0
}
