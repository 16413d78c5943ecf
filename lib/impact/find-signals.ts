import { ARGO, awaitsDeletion, findApplication, groupOf, instanceFor, wouldPrune } from '../argocd/rules.ts'
import type { Instance, KnownInstance, Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { ClusterFacts, RecordedEvent } from '../inventory/port.ts'
import type { Victim } from './first-cause.ts'
import { refOf } from './rules.ts'
import type { Evidence, Severity, SignalKind } from './schema.ts'
import type { ServiceRow } from './view.ts'

/** An object that was seen going: marked for deletion, or gone. `at` is server time where known. */
export type Departure = { readonly record: SlimRecord; readonly at: string; readonly expected: string | null }

/** All that the conditions look at; a moment of one cluster. */
export type Scene = {
  /** Cluster time, ms since the epoch. */
  readonly now: number
  readonly look: Look
  readonly facts: ClusterFacts
  readonly instances: readonly Instance[]
  readonly known: readonly KnownInstance[]
  /** True when another watched cluster has an Argo CD that may manage this one. */
  readonly managedElsewhere: boolean
  readonly rows: readonly ServiceRow[]
  /** Services that were already bad at the moment compared with. */
  readonly badThen: ReadonlySet<string>
  /** What went within the last day, oldest first. */
  readonly departures: readonly Departure[]
  /** Warning events of the last ten minutes. */
  readonly events: readonly RecordedEvent[]
  /** When something was first seen in a state, by key such as `node/<uid>`; cluster ms. */
  readonly firstSeen: ReadonlyMap<string, number>
  /** Whether argocd-gone is open or was within ten minutes. */
  readonly argocdWasGone: boolean
  readonly incarnation: string
}

/** One condition that holds now. */
export type Found = {
  readonly kind: SignalKind
  readonly scope: string
  readonly severity: Severity
  readonly title: string
  readonly since: string
  readonly evidence: readonly Evidence[]
  /** What it is about, for the search for the first cause. */
  readonly victims: readonly Victim[]
  readonly atOnce: boolean
}

const MINUTE = 60_000

/** Every condition that holds in this scene, one per (kind, scope). Grace and calm are the machine's. */
export function findSignals(scene: Scene): readonly Found[] {
  const argocd = argocdGone(scene)
  const homes = new Set(argocd.map((one) => one.scope))
  return [
    ...argocd,
    ...startedTooEarly(scene, argocd.length > 0),
    ...massDeletion(scene),
    ...prunePending(scene),
    ...dataAtRisk(scene),
    ...unreachable(scene),
    ...admissionDeadlock(scene),
    ...definitionGone(scene),
    ...namespaceTerminating(scene).filter((one) => !homes.has(one.scope)),
    ...nodesLost(scene),
    ...argocdDegraded(scene, homes),
    ...badRollout(scene),
  ]
}

/** Stable key of a finding. */
export function keyOf(found: { readonly kind: string; readonly scope: string }): string {
  return `${found.kind}/${found.scope}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function earliest(times: readonly (string | null)[], otherwise: number): string {
  const known = times.filter((one) => one !== null).sort()
  return known[0] ?? iso(otherwise)
}

function proof(record: SlimRecord, was: string, is: string, since: string | null, source = 'live store'): Evidence {
  return { object: refOf(record), was, is, since, source }
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

function argocdGone(scene: Scene): readonly Found[] {
  const found: Found[] = []
  for (const instance of scene.instances) {
    if (instance.state !== 'terminating' && instance.state !== 'absent') continue
    if (instance.namespace === '' && scene.managedElsewhere) continue
    // Where nothing was left to manage, an Argo CD was taken away, not lost.
    if (!scene.rows.some((row) => row.application !== null) && scene.look.list('Application', ARGO).length === 0) continue
    const pending = scene.look.list('Application', ARGO).filter(awaitsDeletion)
    const departed = scene.departures.filter((one) => isOf(instance, one.record) && scene.look.get(one.record.uid) === undefined)
    const faults = instance.faults.filter((one) => !/ready$|scaled to 0$/.test(one.what))
    const since = earliest([...faults.map((one) => one.since), ...departed.map((one) => one.at)], scene.now)
    const evidence = faults.map((one): Evidence => {
      const went = departed.find((departure) => one.what.includes(departure.record.name))
      const object = one.record
        ? refOf(one.record)
        : went
          ? refOf(went.record)
          : { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: instance.namespace }
      return { object, was: 'in force', is: one.what, since: one.since ?? went?.at ?? null, source: 'live store' }
    })
    const first = pending.map((one) => one.deletingAt).sort()[0] ?? null
    const sample = pending[0]
    if (sample)
      evidence.push(
        proof(
          sample,
          'in force',
          `${plural(pending.length, 'Application')} await deletion: their resources go as soon as a controller runs`,
          first,
        ),
      )
    const victims: Victim[] = [
      ...faults.flatMap((one) => (one.record && one.since ? [{ object: refOf(one.record), at: one.since }] : [])),
      ...departed
        .filter((one) => one.record.kind === 'Namespace' || one.record.kind === 'CustomResourceDefinition')
        .map((one) => ({ object: refOf(one.record), at: one.at })),
    ]
    found.push({
      kind: 'argocd-gone',
      scope: instance.namespace,
      severity: 'critical',
      title:
        instance.state === 'terminating'
          ? `Argo CD in ${instance.namespace} is being deleted`
          : `Argo CD ${instance.namespace ? `in ${instance.namespace} ` : ''}is gone`,
      since,
      evidence,
      victims: victims.length > 0 ? victims : departed.map((one) => ({ object: refOf(one.record), at: one.at })),
      atOnce: true,
    })
  }
  return found
}

function isOf(instance: Instance, record: SlimRecord): boolean {
  if (record.kind === 'Namespace') return record.name === instance.namespace
  if (record.facts.is === 'crd') return record.facts.group === ARGO
  return record.namespace === instance.namespace && record.name.endsWith('application-controller')
}

function startedTooEarly(scene: Scene, goneNow: boolean): readonly Found[] {
  const applications = scene.look.list('Application', ARGO)
  const found: Found[] = []
  for (const instance of scene.instances) {
    const pending = applications.filter((one) => awaitsDeletion(one) && instanceFor(one.namespace, scene.instances) === instance)
    // One stuck Application and a restarted controller are daily life; a controller that finds many, or comes back to a lost instance, is not.
    if (pending.length < (goneNow || scene.argocdWasGone ? 1 : threshold(applications.length))) continue
    const first = pending.map((one) => one.deletingAt ?? '').sort()[0] ?? ''
    const pods = instance.controllerPods.filter((pod) => Date.parse(pod.createdAt) > Date.parse(first))
    const pod = pods[0]
    const sample = pending[0]
    if (!pod || !sample) continue
    found.push({
      kind: 'controller-started-too-early',
      scope: instance.namespace,
      severity: 'critical',
      title: `An Argo CD controller runs while ${plural(pending.length, 'Application')} ${pending.length === 1 ? 'awaits' : 'await'} deletion`,
      since: pod.createdAt,
      evidence: [
        proof(pod, 'absent', 'running', pod.createdAt),
        proof(sample, 'in force', `${plural(pending.length, 'Application')} with a cascading finalizer, deleting since ${first}`, first),
      ],
      victims: [],
      atOnce: true,
    })
  }
  return found
}

function threshold(total: number): number {
  return Math.max(5, Math.ceil(total * 0.02))
}

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])

function massDeletion(scene: Scene): readonly Found[] {
  const { look } = scene
  const ending = look.list('Namespace', '').filter((one) => one.deletingAt !== null)
  const marked = ending.flatMap((home) =>
    look
      .inNamespace(home.name)
      .filter((one) => WORKLOADS.has(one.kind) && !one.deletingAt && one.tracking)
      .map((record): Departure => ({ record, at: home.deletingAt ?? '', expected: null })),
  )
  const missing = [...scene.departures.filter((one) => !one.expected && stillAway(look, one.record)), ...marked]
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
      title: `${burst.length} ${group.words[1]} deleted within five minutes`,
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

/** An object counts as away until one of its name is there and stays. */
function stillAway(look: Look, record: SlimRecord): boolean {
  const now = look.get(record.uid) ?? look.find(record.kind, record.namespace, record.name, groupOf(record.apiVersion))
  return !now || now.deletingAt !== null
}

/** The most departures that fit in five minutes. */
function densest(departures: readonly Departure[]): readonly Departure[] {
  const sorted = [...departures].sort((a, b) => a.at.localeCompare(b.at))
  let best: readonly Departure[] = []
  let start = 0
  for (let end = 0; end < sorted.length; end++) {
    while (Date.parse(sorted[end]?.at ?? '') - Date.parse(sorted[start]?.at ?? '') > 5 * MINUTE) start++
    if (end - start + 1 > best.length) best = sorted.slice(start, end + 1)
  }
  return best
}

const PRECIOUS = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'])

function prunePending(scene: Scene): readonly Found[] {
  const found: Found[] = []
  for (const application of scene.look.list('Application', ARGO)) {
    if (!instanceFor(application.namespace, scene.instances)?.reconciling) continue
    const objects = wouldPrune(scene.look, application).filter((one) => PRECIOUS.has(one.kind))
    const first = objects[0]
    if (!first) continue
    found.push({
      kind: 'prune-pending-critical',
      scope: `${application.namespace}/${application.name}`,
      severity: 'critical',
      title: `The next sync of ${application.name} prunes ${objects
        .map((one) => `${one.kind} ${one.name}`)
        .slice(0, 3)
        .join(', ')}`,
      since: iso(scene.firstSeen.get(`prune/${application.uid}`) ?? scene.now),
      evidence: objects.map((one) =>
        proof(one, 'in git', 'no longer in git, automated prune is on, nothing guards it', null, 'Argo CD status.resources'),
      ),
      victims: [],
      atOnce: false,
    })
  }
  return found
}

function dataAtRisk(scene: Scene): readonly Found[] {
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

function unreachable(scene: Scene): readonly Found[] {
  const { facts } = scene
  const since = scene.firstSeen.get(`freshness/${facts.freshness}`) ?? scene.now
  const object = { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' }
  const about = (is: string): Evidence => ({ object, was: 'answering', is, since: facts.observedAt, source: 'collector' })
  if (facts.freshness === 'unreachable' && scene.now - since >= MINUTE) {
    return [
      {
        kind: 'control-plane-unreachable',
        scope: '',
        severity: 'critical',
        title: 'The control plane cannot be reached',
        since: facts.observedAt ?? iso(since),
        evidence: [about(facts.trouble || 'no answer')],
        victims: [],
        atOnce: true,
      },
    ]
  }
  if (facts.freshness === 'forbidden') {
    return [
      {
        kind: 'blind',
        scope: '',
        severity: 'warning',
        title: 'We may not read this cluster',
        since: facts.observedAt ?? iso(since),
        evidence: [about(facts.trouble || 'access refused')],
        victims: [],
        atOnce: false,
      },
    ]
  }
  if (scene.incarnation && facts.incarnation && scene.incarnation !== facts.incarnation) {
    return [
      {
        kind: 'cluster-replaced',
        scope: '',
        severity: 'critical',
        title: 'Another cluster answers under this name',
        since: iso(scene.now),
        evidence: [{ object, was: scene.incarnation, is: facts.incarnation, since: null, source: 'collector' }],
        victims: [],
        atOnce: true,
      },
    ]
  }
  return []
}

function admissionDeadlock(scene: Scene): readonly Found[] {
  const found: Found[] = []
  const configurations = [...scene.look.list('ValidatingWebhookConfiguration'), ...scene.look.list('MutatingWebhookConfiguration')]
  for (const configuration of configurations) {
    if (configuration.facts.is !== 'webhook') continue
    for (const hook of configuration.facts.hooks) {
      const dead = hook.failurePolicy === 'Fail' && hook.service !== '' ? deadService(scene.look, hook.service) : null
      if (!dead) continue
      const refused = scene.events.filter((event) => event.message.includes(`failed calling webhook "${hook.name}"`))
      const sample = refused[0]
      if (!sample) continue
      const [namespace = '', service = ''] = hook.service.split('/')
      const went = scene.departures.filter(
        (one) =>
          (one.record.kind === 'Namespace' && one.record.name === namespace) ||
          (one.record.kind === 'Service' && one.record.namespace === namespace && one.record.name === service),
      )
      found.push({
        kind: 'admission-deadlock',
        scope: configuration.name,
        severity: 'critical',
        title: `Webhook ${hook.name} cannot answer, and what it must admit is refused`,
        since: earliest(
          refused.map((event) => event.at),
          scene.now,
        ),
        evidence: [
          proof(configuration, 'answering', `failurePolicy Fail, ${dead}`, null),
          ...refused.slice(0, 5).map(
            (event): Evidence => ({
              object: { apiVersion: '', ...event.object },
              was: '',
              is: `${event.reason}: ${event.message}`,
              since: event.at,
              source: 'event',
            }),
          ),
        ],
        victims: went.map((one) => ({ object: refOf(one.record), at: one.at })),
        atOnce: false,
      })
    }
  }
  return found
}

function deadService(look: Look, key: string): string | null {
  const [namespace = '', name = ''] = key.split('/')
  if (!look.find('Service', namespace, name, '')) return `service ${key} does not exist`
  const slices = look.inNamespace(namespace).filter((one) => one.facts.is === 'endpoints' && one.facts.service === name)
  const ready = slices.reduce((sum, one) => sum + (one.facts.is === 'endpoints' ? one.facts.ready : 0), 0)
  return look.list('EndpointSlice').length > 0 && ready === 0 ? `service ${key} has no ready endpoint` : null
}

function definitionGone(scene: Scene): readonly Found[] {
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

function namespaceTerminating(scene: Scene): readonly Found[] {
  return scene.look
    .list('Namespace', '')
    .filter((one) => one.deletingAt !== null && scene.now - Date.parse(one.deletingAt) > 10 * MINUTE)
    .map((one) => {
      const left = scene.look.inNamespace(one.name)
      const held = left.filter((object) => object.finalizers.length > 0)
      const blocking = held
        .slice(0, 20)
        .map((object) => proof(object, 'present', `held by ${object.finalizers.join(', ')}`, object.deletingAt))
      return {
        kind: 'namespace-terminating' as const,
        scope: one.name,
        severity: 'warning' as const,
        title: `Namespace ${one.name} cannot finish: ${plural(left.length, 'object')} left, ${held.length} held by finalizers`,
        since: one.deletingAt ?? iso(scene.now),
        evidence: [proof(one, 'Active', 'Terminating', one.deletingAt), ...blocking],
        victims: [{ object: refOf(one), at: one.deletingAt ?? iso(scene.now) }],
        atOnce: false,
      }
    })
}

function nodesLost(scene: Scene): readonly Found[] {
  const nodes = scene.look.list('Node')
  const down = nodes.filter(
    (one) =>
      one.facts.is === 'node' &&
      !one.facts.ready &&
      !one.facts.cordoned &&
      scene.now - (scene.firstSeen.get(`node/${one.uid}`) ?? scene.now) >= 5 * MINUTE,
  )
  if (down.length === 0) return []
  const byZone = Map.groupBy(nodes, (one) => (one.facts.is === 'node' ? one.facts.zone : ''))
  const zones = [...byZone].filter(([, all]) => all.every((one) => down.includes(one))).map(([zone]) => zone)
  const share = down.length / nodes.length
  const since = Math.min(...down.map((one) => scene.firstSeen.get(`node/${one.uid}`) ?? scene.now))
  return [
    {
      kind: 'nodes-lost',
      scope: zones[0] ?? '',
      severity: (nodes.length > 1 && zones.length > 0) || share >= 1 / 3 ? 'critical' : 'warning',
      title: `${down.length} of ${nodes.length} nodes not ready${zones[0] ? `, all of zone ${zones.join(', ')}` : ''}`,
      since: iso(since),
      evidence: down.slice(0, 20).map((one) => proof(one, 'Ready', 'not Ready', iso(scene.firstSeen.get(`node/${one.uid}`) ?? scene.now))),
      victims: [],
      atOnce: false,
    },
  ]
}

function argocdDegraded(scene: Scene, gone: ReadonlySet<string>): readonly Found[] {
  const found: Found[] = []
  for (const instance of scene.instances) {
    if (gone.has(instance.namespace) || instance.namespace === '') continue
    const since = scene.firstSeen.get(`degraded/${instance.namespace}`)
    const long = instance.state === 'degraded' && since !== undefined && scene.now - since >= 5 * MINUTE
    const newest = scene.look
      .list('Application', ARGO)
      .flatMap((one) =>
        one.facts.is === 'application' && one.facts.reconciledAt && instanceFor(one.namespace, scene.instances) === instance
          ? [one.facts.reconciledAt]
          : [],
      )
      .sort()
      .at(-1)
    // Argo CD compares every 120 s and up to 60 s jitter; twice that without any comparison is silence.
    const silent = instance.reconciling && newest !== undefined && scene.now - Date.parse(newest) > 2 * 3 * MINUTE
    if (!long && !silent) continue
    const evidence = instance.faults.flatMap((one) => (one.record ? [proof(one.record, 'ready', one.what, iso(since ?? scene.now))] : []))
    found.push({
      kind: 'argocd-degraded',
      scope: instance.namespace,
      severity: 'warning',
      title: long
        ? `Argo CD in ${instance.namespace} is degraded`
        : `Argo CD in ${instance.namespace} has compared nothing since ${newest}`,
      since: long ? iso(since) : (newest ?? iso(scene.now)),
      evidence,
      victims: [],
      atOnce: false,
    })
  }
  return found
}

/** Many services that went bad after syncs of their Applications to one revision. */
function badRollout(scene: Scene): readonly Found[] {
  const byRevision = new Map<string, ServiceRow[]>()
  for (const row of scene.rows) {
    if (!row.application || row.impact !== 'degraded' || scene.badThen.has(row.id)) continue
    const application = findApplication(scene.look, row.application)
    const operation = application?.facts.is === 'application' ? application.facts.operation : null
    if (!operation?.startedAt || !operation.revision || scene.now - Date.parse(operation.startedAt) > 60 * MINUTE) continue
    if (row.since !== null && Date.parse(row.since) < Date.parse(operation.startedAt) - 2_000) continue
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
