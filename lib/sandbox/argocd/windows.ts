import { parseCron } from '../../kernel/cron.ts'
import type { Obj } from '../port.ts'
import { matches } from './projects.ts'

type Window = {
  kind?: 'allow' | 'deny'
  schedule: string
  duration: string
  applications?: string[]
  namespaces?: string[]
  clusters?: string[]
  manualSync?: boolean
  timeZone?: string
}

/** Whether the project's windows let an Application sync now. Deny beats allow; `manualSync` lets people pass. Deletions ask no window. */
export function maySync(project: Obj, app: Obj, manual: boolean, now: number): boolean {
  const windows: Window[] = (project.spec?.syncWindows ?? []).filter((each: Window) => concerns(each, app))
  const denies = windows.filter((each) => each.kind === 'deny' && isOpen(each, now))
  if (denies.length > 0) return manual && denies.every((each) => each.manualSync)
  const allows = windows.filter((each) => each.kind === 'allow')
  if (allows.length === 0 || allows.some((each) => isOpen(each, now))) return true
  return manual && allows.every((each) => each.manualSync)
}

function concerns(window: Window, app: Obj): boolean {
  const { destination } = app.spec
  return (
    (window.applications ?? []).some((each) => matches(each, app.metadata.name)) ||
    (window.namespaces ?? []).some((each) => matches(each, destination?.namespace ?? '')) ||
    (window.clusters ?? []).some((each) => matches(each, destination?.name ?? 'in-cluster') || matches(each, destination?.server ?? ''))
  )
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A window is open if its schedule fired within its duration before now (five-field cron, UTC). */
function isOpen(window: Window, now: number): boolean {
  const length = [...window.duration.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? 's'] ?? 0),
    0,
  )
  const [fired] = parseCron(window.schedule)?.previous(now, 1) ?? []
  return fired !== undefined && now - fired < length
}
