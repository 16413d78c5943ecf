import { Impact } from './schema.ts'
import type { ClusterSummary, ServiceRow, SignalView, SituationView } from './view.ts'

export type HeadlineInput = {
  readonly clusters: readonly ClusterSummary[]
  readonly rows: readonly ServiceRow[]
  /** Services that were bad before; they do not make a night. */
  readonly badThen: ReadonlySet<string>
  readonly signals: readonly SignalView[]
  readonly t0: string | null
  readonly ready: boolean
}

function services(count: number): string {
  return `${count} ${count === 1 ? 'service' : 'services'}`
}

function be(count: number): string {
  return count === 1 ? 'is' : 'are'
}

/** The sentence at the top: first whether customers feel it, then what is so, then what not to do. Exact, and calm. */
export function headlineOf(input: HeadlineInput): { readonly headline: string; readonly tone: SituationView['tone'] } {
  const { clusters, rows, badThen } = input
  const open = input.signals.filter((one) => one.closedAt === null)
  const blind = clusters.filter((one) => one.freshness === 'unreachable' || one.freshness === 'forbidden' || one.freshness === 'stale')
  if (clusters.length === 0) return { headline: 'No cluster is watched yet.', tone: 'watch' }
  if (blind.length === clusters.length) {
    const one = blind[0]
    const since = one?.observedAt ? ` since ${one.observedAt.slice(11, 19)} UTC` : ''
    const what = one?.freshness === 'forbidden' ? 'We may not read' : 'We cannot see'
    return {
      headline: `${what} ${blind.map((cluster) => cluster.name).join(', ')}${since}. What is shown is the last known state.`,
      tone: 'blind',
    }
  }
  if (!input.ready && rows.length === 0) return { headline: 'Reading the cluster for the first time.', tone: 'watch' }
  const fresh = rows.filter((row) => !badThen.has(row.id))
  const having = (impact: Impact) => fresh.filter((row) => row.impacts.includes(impact))
  const [lost, degraded, atRisk, recovering] = [having('lost'), having('degraded'), having('data-at-risk'), having('recovering')]
  const unmanaged = rows.filter((row) => row.impacts.includes('unmanaged'))
  const pending = rows.filter((row) => row.impacts.includes('deletion-pending'))
  const waiting = clusters.reduce((sum, cluster) => sum + cluster.argocd.reduce((inner, one) => inner + one.deletionPending, 0), 0)
  const early = open.some((one) => one.kind === 'controller-started-too-early')
  const gone = clusters.some((cluster) => cluster.argocd.some((one) => one.state === 'absent' || one.state === 'terminating'))
  const before = rows.filter(
    (row) => badThen.has(row.id) && row.impacts.some((one) => one === 'lost' || one === 'degraded' || one === 'data-at-risk'),
  ).length
  const parts: string[] = []
  if (early)
    parts.push(
      `A controller is deleting what ${waiting === 1 ? '1 Application manages' : `${waiting} Applications manage`}. Stop the controllers now.`,
    )
  if (lost.length > 0) parts.push(`${services(lost.length)} ${be(lost.length)} lost${ofTier0(lost)}.`)
  if (degraded.length > 0)
    parts.push(`${services(degraded.length)} ${be(degraded.length)} degraded${lost.length === 0 ? ofTier0(degraded) : ''}.`)
  if (atRisk.length > 0) parts.push(`Data of ${services(atRisk.length)} ${be(atRisk.length)} at risk.`)
  const down = lost.length + degraded.length + atRisk.length > 0
  const loud = early || down || gone || unmanaged.length > 0 || pending.length > 0 || open.some((one) => one.severity === 'critical')
  if (!down && !early && loud) parts.push('Nothing customers use is down.')
  if (unmanaged.length > 0) parts.push(`${services(unmanaged.length)} ${be(unmanaged.length)} unmanaged.`)
  if (waiting > 0 && gone && !early) parts.push('Do not re-install Argo CD.')
  else if (pending.length > 0 && !early) parts.push(`${services(pending.length)} will be deleted.`)
  if (recovering.length > 0) parts.push(`${services(recovering.length)} ${be(recovering.length)} recovering.`)
  if (loud) {
    if (gone && unmanaged.length === 0) parts.push('Argo CD is gone.')
    else if (parts.length === 1 && open[0]) parts.push(`${open[0].title}.`)
    if (before > 0 && input.t0) parts.push(`${before} ${before === 1 ? 'was' : 'were'} degraded before ${input.t0.slice(11, 16)} UTC.`)
    return { headline: parts.join(' '), tone: 'bad' }
  }
  const warning = open.find((one) => one.severity === 'warning')
  const well = rows.filter((row) => row.impact === 'healthy' || row.impact === 'changing' || row.impact === 'removed').length
  const unknown = rows.filter((row) => row.impact === 'unknown').length
  if (rows.length === 0)
    return { headline: 'No services found yet: nothing on this cluster runs a workload that we may read.', tone: 'watch' }
  const calm =
    well === rows.length ? `All ${services(rows.length)} as of the baseline.` : `${well} of ${services(rows.length)} as of the baseline.`
  const rest = [
    before > 0 ? `${before} ${be(before)} degraded and ${before === 1 ? 'was' : 'were'} when we first looked.` : '',
    unknown > 0 ? `${unknown} ${be(unknown)} unknown.` : '',
    recovering.length > 0 ? `${services(recovering.length)} ${be(recovering.length)} recovering.` : '',
    warning ? `${warning.title}.` : '',
  ].filter(Boolean)
  return {
    headline: [calm, ...rest].join(' '),
    tone: warning || unknown > 0 || recovering.length > 0 || blind.length > 0 ? 'watch' : 'calm',
  }
}

function ofTier0(rows: readonly ServiceRow[]): string {
  const count = rows.filter((row) => row.tier === 0).length
  return count > 0 ? `, ${count} of tier 0` : ''
}

/** What many services have in common, one row per cause and not one per service; biggest first. */
export function causesOf(rows: readonly ServiceRow[], badThen: ReadonlySet<string>): SituationView['causes'] {
  const groups = new Map<string, { what: string; services: Set<string>; impact: Impact; since: string | null }>()
  for (const row of rows) {
    for (const impact of row.impacts) {
      if (impact === 'healthy' || impact === 'changing' || impact === 'removed') continue
      const what = badThen.has(row.id) && impact === 'degraded' ? 'Bad before, and not part of this' : commonGround(row, impact)
      const group = groups.get(`${impact} ${what}`) ?? { what, services: new Set<string>(), impact, since: row.since }
      group.services.add(row.id)
      if (row.since && (!group.since || row.since < group.since)) group.since = row.since
      groups.set(`${impact} ${what}`, group)
    }
  }
  return [...groups.values()]
    .map((group) => ({ what: group.what, services: group.services.size, impact: group.impact, since: group.since }))
    .sort((a, b) => b.services - a.services || Impact.options.indexOf(a.impact) - Impact.options.indexOf(b.impact))
    .slice(0, 20)
}

function commonGround(row: ServiceRow, impact: Impact): string {
  const homes = row.evidence.find((one) => one.object.kind === 'Namespace' && one.is.startsWith('Terminating'))
  if (impact === 'deletion-pending') {
    if (homes) return `Namespace ${homes.object.name} is being deleted`
    if (row.evidence.some((one) => one.object.kind === 'Application' && one.is.includes('as soon as a controller runs')))
      return 'Their Applications await deletion: they go as soon as an Argo CD controller runs'
    if (row.evidence.some((one) => one.is.startsWith('awaits deletion'))) return 'Argo CD deletes their Applications with all resources'
    return `To be deleted in ${row.namespace}`
  }
  if (impact === 'unmanaged')
    return row.evidence.some((one) => one.is.includes('no Argo CD controller'))
      ? 'No Argo CD controller runs'
      : 'Their Applications are gone or being deleted'
  if (impact === 'lost') return `Lost in ${row.namespace}`
  if (impact === 'data-at-risk') return `Data at risk in ${row.namespace}`
  if (impact === 'degraded') return `Degraded in ${row.namespace}`
  if (impact === 'recovering') return 'Coming back'
  return 'What we know is too old'
}
