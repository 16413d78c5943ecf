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

type Figures = {
  readonly lost: readonly ServiceRow[]
  readonly degraded: readonly ServiceRow[]
  readonly atRisk: number
  readonly recovering: number
  readonly unmanaged: number
  readonly pending: number
  readonly unknown: number
  /** Applications that await deletion. */
  readonly waiting: number
  /** A controller was started while they do. */
  readonly early: boolean
  /** An Argo CD instance is absent or going. */
  readonly gone: boolean
  /** Services that were bad before, and still are. */
  readonly before: number
  /** Since when they are, at the latest. */
  readonly badSince: string | null
  readonly open: readonly SignalView[]
  /** Clusters that are not seen, in a sentence; '' when all are. */
  readonly unseen: string
}

/** The sentence at the top: first whether customers feel it, then what is so, then what not to do. Exact, and calm. */
export function headlineOf(input: HeadlineInput): { readonly headline: string; readonly tone: SituationView['tone'] } {
  const { clusters, rows } = input
  if (clusters.length === 0) return { headline: 'No cluster is watched yet.', tone: 'watch' }
  const blind = clusters.filter(isBlind)
  if (blind.length === clusters.length) return { headline: blindWords(blind), tone: 'blind' }
  if (!input.ready && rows.length === 0) return { headline: 'Reading the cluster for the first time.', tone: 'watch' }
  const figures = figuresOf(input)
  const critical = figures.open.some((one) => one.severity === 'critical')
  if (critical || figures.gone || isDown(figures) || figures.unmanaged + figures.pending > 0) {
    return { headline: badWords(figures, input.t0), tone: 'bad' }
  }
  if (rows.length === 0)
    return { headline: 'No services found yet: nothing on this cluster runs a workload that we may read.', tone: 'watch' }
  const uneasy = figures.open.length > 0 || figures.unknown + figures.recovering + blind.length > 0
  return { headline: calmWords(rows, figures), tone: uneasy ? 'watch' : 'calm' }
}

function figuresOf({ clusters, rows, badThen, signals }: HeadlineInput): Figures {
  const open = signals.filter((one) => one.closedAt === null)
  const instances = clusters.flatMap((cluster) => cluster.argocd)
  const count = (impact: Impact, among: readonly ServiceRow[]) => among.filter((row) => row.impacts.includes(impact))
  const fresh = rows.filter((row) => !badThen.has(row.id))
  const bad = (row: ServiceRow) => row.impacts.some((one) => one === 'lost' || one === 'degraded' || one === 'data-at-risk')
  const old = rows.filter((row) => badThen.has(row.id) && bad(row))
  return {
    lost: count('lost', fresh),
    degraded: count('degraded', fresh),
    atRisk: count('data-at-risk', fresh).length,
    recovering: count('recovering', fresh).length,
    unmanaged: count('unmanaged', rows).length,
    pending: count('deletion-pending', rows).length,
    unknown: count('unknown', rows).length,
    waiting: instances.reduce((sum, one) => sum + one.deletionPending, 0),
    early: open.some((one) => one.kind === 'controller-started-too-early') || isDeleting(instances, open),
    gone: instances.some((one) => one.state === 'absent' || one.state === 'terminating'),
    before: old.length,
    badSince: old.map((row) => row.since).reduce((a, b) => (a !== null && (b === null || a > b) ? a : b), null),
    open,
    unseen: unseenWords(clusters.filter(isBlind)),
  }
}

function isBlind({ freshness }: ClusterSummary): boolean {
  return freshness === 'unreachable' || freshness === 'forbidden' || freshness === 'stale'
}

function unseenWords(blind: readonly ClusterSummary[]): string {
  if (blind.length === 0) return ''
  return `${blind.length === 1 ? `Cluster ${blind[0]?.name}` : `${blind.length} clusters`} cannot be seen.`
}

/** A controller at work on many deleting Applications, whether it was started too early or never stopped. */
function isDeleting(instances: readonly ClusterSummary['argocd'][number][], open: readonly SignalView[]): boolean {
  const many = open.some((one) => one.kind === 'mass-deletion' && one.scope === 'applications')
  return instances.some(
    (one) =>
      one.deletionPending > 0 &&
      (many || one.state === 'terminating' || one.state === 'absent') &&
      one.components.some((part) => part.name.endsWith('application-controller') && part.ready > 0),
  )
}

function isDown(figures: Figures): boolean {
  return figures.early || figures.lost.length + figures.degraded.length + figures.atRisk > 0
}

function blindWords(blind: readonly ClusterSummary[]): string {
  const one = blind[0]
  const since = one?.observedAt ? ` since ${one.observedAt.slice(11, 19)} UTC` : ''
  const what = one?.freshness === 'forbidden' ? 'We may not read' : 'We cannot see'
  const known = blind.some((cluster) => cluster.observedAt !== null)
    ? 'What is shown is the last known state.'
    : 'Nothing of it is known yet.'
  return `${what} ${blind.map((cluster) => cluster.name).join(', ')}${since}. ${known}`
}

function badWords(figures: Figures, t0: string | null): string {
  const { lost, degraded, atRisk, recovering, unmanaged, pending, unknown, waiting, early, gone, before, open, unseen } = figures
  const manage = waiting === 1 ? '1 Application manages' : `${waiting} Applications manage`
  const said = (holds: boolean, words: string) => (holds ? [words] : [])
  // "Nothing is down" is claimed only of what is seen, and not while something is still on its way up.
  const serving = !isDown(figures) && recovering + unknown === 0 && unseen === ''
  const parts = [
    ...said(early, `A controller is deleting what ${manage}. Stop the controllers now.`),
    ...said(lost.length > 0, `${services(lost.length)} ${be(lost.length)} lost${ofTier0(lost)}.`),
    ...said(
      degraded.length > 0,
      `${services(degraded.length)} ${be(degraded.length)} degraded${lost.length === 0 ? ofTier0(degraded) : ''}.`,
    ),
    ...said(atRisk > 0, `Data of ${services(atRisk)} ${be(atRisk)} at risk.`),
    ...said(serving, 'Nothing customers use is down.'),
    ...said(unmanaged > 0, `${services(unmanaged)} ${be(unmanaged)} unmanaged.`),
    ...said(waiting > 0 && gone && !early, 'Do not re-install Argo CD.'),
    ...said(pending > 0 && !(waiting > 0 && gone) && !early, `${services(pending)} will be deleted.`),
    ...said(recovering > 0, `${services(recovering)} ${be(recovering)} recovering.`),
    ...said(gone && unmanaged === 0, 'Argo CD is gone or going.'),
  ]
  if (parts.length === (serving ? 1 : 0) && open[0]) parts.push(`${open[0].title}.`)
  if (before > 0 && t0) parts.push(`${before} ${before === 1 ? 'was' : 'were'} degraded before ${t0.slice(11, 16)} UTC.`)
  return [...parts, ...said(unseen !== '', unseen)].join(' ')
}

function calmWords(rows: readonly ServiceRow[], figures: Figures): string {
  const { before, unknown, recovering, open } = figures
  const well = rows.filter((row) => row.impact === 'healthy' || row.impact === 'changing' || row.impact === 'removed').length
  return [
    `${well === rows.length ? 'All' : `${well} of`} ${services(rows.length)} as of the baseline.`,
    before > 0 ? `${before} ${before === 1 ? 'was' : 'were'} degraded before ${beforeWords(figures.badSince)}.` : '',
    unknown > 0 ? `${unknown} ${be(unknown)} unknown.` : '',
    recovering > 0 ? `${services(recovering)} ${be(recovering)} recovering.` : '',
    open[0] ? `${open[0].title}.` : '',
    figures.unseen,
  ]
    .filter(Boolean)
    .join(' ')
}

function beforeWords(since: string | null): string {
  return since ? `${since.slice(11, 16)} UTC` : 'we first looked'
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
