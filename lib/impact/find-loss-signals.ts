import { ARGO, findApplication, groupOf, isOwnComponent } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { refOf } from './evidence-rules.ts'
import { type Departure, earliest, type Found, iso, MINUTE, plural, proof, type Scene, stillAway, threshold } from './signal-scene.ts'
import type { ServiceRow } from './view.ts'

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])

export function massDeletion(scene: Scene): readonly Found[] {
  const { look } = scene
  const ending = look.list('Namespace', '').filter((one) => one.deletingAt !== null)
  const marked = ending.flatMap((home) =>
    look
      .inNamespace(home.name)
      .filter((one) => WORKLOADS.has(one.kind) && !one.deletingAt && one.tracking)
      .map((record): Departure => ({ record, at: home.deletingAt ?? '', expected: scene.expected(record) })),
  )
  const missing = [...scene.departures.filter((one) => stillAway(look, one.record)), ...marked].filter((one) => !one.expected)
  const groups = [
    {
      scope: 'applications',
      words: ['Application', 'Applications'] as const,
      of: missing.filter((one) => one.record.kind === 'Application' && groupOf(one.record.apiVersion) === ARGO),
      total: look.list('Application', ARGO).length,
      owners: 1,
    },
    {
      scope: 'workloads',
      words: ['workload', 'workloads'] as const,
      of: missing.filter((one) => WORKLOADS.has(one.record.kind) && one.record.owners.length === 0),
      total: [...WORKLOADS].reduce((sum, kind) => sum + look.list(kind).length, 0),
      owners: 2,
    },
  ]
  const found: Found[] = []
  for (const group of groups) {
    const gone = group.of.filter((one) => look.get(one.record.uid) === undefined).length
    const burst = densest(group.of)
    const owners = new Set(burst.map((one) => one.record.tracking?.app ?? one.record.namespace))
    const sample = burst[0]
    if (!sample || burst.length < threshold(group.total + gone) || owners.size < group.owners) continue
    found.push({
      kind: 'mass-deletion',
      scope: group.scope,
      severity: 'critical',
      title: `${burst.length} ${group.words[1]} ${deedOf(look, burst)} within five minutes`,
      since: sample.at,
      evidence: burst
        .slice(0, 20)
        .map((one) => proof(one.record, 'present', look.get(one.record.uid) ? 'being deleted' : 'gone', one.at, 'watch')),
      victims: burst.map((one) => ({ object: refOf(one.record), at: one.at })),
      atOnce: false,
    })
  }
  return found
}

/** Workloads of several owners scaled to 0 together: nothing is deleted, and nothing serves. */
export function massShutdown(scene: Scene): readonly Found[] {
  const burst = densest(scene.emptied.filter((one) => !isOwnComponent(one.record)))
  const total = [...WORKLOADS].reduce((sum, kind) => sum + scene.look.list(kind).length, 0)
  const owners = new Set(burst.map((one) => one.record.tracking?.app ?? one.record.namespace))
  const first = burst[0]
  if (!first || burst.length < threshold(total) || owners.size < 2) return []
  return [
    {
      kind: 'mass-deletion',
      scope: 'scaled-to-0',
      severity: 'critical',
      title: `${burst.length} workloads scaled to 0 within five minutes`,
      since: first.at,
      evidence: burst.slice(0, 20).map((one) => proof(one.record, plural(one.was, 'replica'), 'scaled to 0', one.at, 'watch')),
      victims: [],
      atOnce: false,
    },
  ]
}

/** What is only marked still runs, and can often be saved. */
function deedOf(look: Look, burst: readonly Departure[]): string {
  const gone = burst.filter((one) => look.get(one.record.uid) === undefined).length
  if (gone === 0) return 'marked for deletion'
  return gone === burst.length ? 'deleted' : `deleted or marked for deletion (${gone} gone)`
}

/** The most departures that fit in five minutes. */
function densest<T extends { readonly at: string }>(departures: readonly T[]): readonly T[] {
  const sorted = [...departures].sort((a, b) => a.at.localeCompare(b.at))
  let best: readonly T[] = []
  let start = 0
  for (let end = 0; end < sorted.length; end++) {
    while (Date.parse(sorted[end]?.at ?? '') - Date.parse(sorted[start]?.at ?? '') > 5 * MINUTE) start++
    if (end - start + 1 > best.length) best = sorted.slice(start, end + 1)
  }
  return best
}

export function dataAtRisk(scene: Scene): readonly Found[] {
  const byNamespace = Map.groupBy(
    scene.rows.filter((row) => row.tier <= 1 && row.impacts.includes('data-at-risk') && !scene.badThen.has(row.id)),
    (row) => row.namespace,
  )
  return [...byNamespace].map(([namespace, rows]) => {
    const evidence = rows.flatMap((row) =>
      row.evidence.filter((one) => one.object.kind === 'PersistentVolumeClaim' || one.object.kind === 'PersistentVolume'),
    )
    const departed = new Map(scene.departures.map((one) => [one.record.uid, one]))
    return {
      kind: 'data-at-risk' as const,
      scope: namespace,
      severity: 'critical' as const,
      title: `Data at risk in ${namespace}: ${rows
        .map((row) => row.name)
        .slice(0, 5)
        .join(', ')}`,
      since: earliest(
        evidence.map((one) => departed.get(one.object.uid ?? '')?.at ?? one.since),
        scene.now,
      ),
      evidence,
      victims: evidence.flatMap((one) => {
        const went = departed.get(one.object.uid ?? '')
        const home = scene.look.find('Namespace', '', namespace, '')
        if (went) return [{ object: one.object, at: went.at }]
        return home?.deletingAt ? [{ object: refOf(home), at: home.deletingAt }] : []
      }),
      atOnce: false,
    }
  })
}

export function definitionGone(scene: Scene): readonly Found[] {
  const found: Found[] = []
  const names = new Map<string, SlimRecord>()
  for (const one of scene.departures) if (one.record.facts.is === 'crd' && !one.expected) names.set(one.record.name, one.record)
  for (const [name, was] of names) {
    if (was.facts.is !== 'crd' || was.facts.group === ARGO) continue
    const { group, kind } = was.facts
    const now = scene.look.find('CustomResourceDefinition', '', name)
    const lost = scene.departures.filter(
      (one) => one.record.kind === kind && groupOf(one.record.apiVersion) === group && stillAway(scene.look, one.record),
    )
    if (now && !now.deletingAt && lost.length === 0) continue
    const at = scene.departures.find((one) => one.record.uid === was.uid)?.at ?? iso(scene.now)
    const is = !now ? 'gone' : now.deletingAt ? 'being deleted' : 'created again, without its objects'
    found.push({
      kind: 'crd-gone',
      scope: name,
      severity: 'critical',
      title: `Definition ${name} is ${is}${lost.length > 0 ? `: ${plural(lost.length, `${kind} object`)} lost or going` : ''}`,
      since: at,
      evidence: [
        proof(was, 'served', is, at),
        ...lost
          .slice(0, 20)
          .map((one) => proof(one.record, 'present', scene.look.get(one.record.uid) ? 'being deleted' : 'gone', one.at, 'watch')),
      ],
      victims: [{ object: refOf(was), at }],
      atOnce: false,
    })
  }
  return found
}

/** How long after a sync a failing rollout may take to show: Kubernetes' own deadline is ten minutes. */
const ROLLOUT_MS = 20 * MINUTE

/** Whether what is wrong with a service is a rollout that began with a sync, and not the loss of what ran before. */
function failsRollingOut(look: Look, row: ServiceRow, from: number): boolean {
  return row.evidence.some(({ object }) => {
    const record = object.uid ? look.get(object.uid) : undefined
    if (record?.facts.is !== 'workload' || record.facts.desired === 0) return false
    if (record.facts.updated < record.facts.desired) return true
    const made = look.ownedBy(record.uid)
    return made.length === 0 || made.some((one) => Date.parse(one.createdAt) >= from - 2_000)
  })
}

/** Many services that went bad in a rollout after syncs of their Applications to one revision. */
export function badRollout(scene: Scene): readonly Found[] {
  const byRevision = new Map<string, ServiceRow[]>()
  for (const row of scene.rows) {
    if (!row.application || row.impact !== 'degraded' || scene.badThen.has(row.id)) continue
    const application = findApplication(scene.look, row.application)
    const operation = application?.facts.is === 'application' ? application.facts.operation : null
    if (!operation?.startedAt || !operation.revision) continue
    const from = Date.parse(operation.startedAt)
    const since = row.since === null ? scene.now : Date.parse(row.since)
    if (since < from - 2_000 || since > from + ROLLOUT_MS || scene.now - from > 60 * MINUTE) continue
    if (!failsRollingOut(scene.look, row, from)) continue
    byRevision.set(operation.revision, [...(byRevision.get(operation.revision) ?? []), row])
  }
  return [...byRevision]
    .filter(([, rows]) => rows.length >= 3)
    .map(([revision, rows]) => ({
      kind: 'bad-rollout' as const,
      scope: revision,
      severity: 'warning' as const,
      title: `${rows.length} services degraded after syncs to revision ${revision.slice(0, 7)}`,
      since: earliest(
        rows.map((row) => row.since),
        scene.now,
      ),
      evidence: rows.slice(0, 20).flatMap((row) => row.evidence.slice(0, 1)),
      victims: [],
      atOnce: false,
    }))
}
