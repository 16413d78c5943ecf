import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { refOf } from './evidence-rules.ts'
import type { Evidence } from './schema.ts'
import { earliest, type Found, iso, MINUTE, plural, proof, type Scene } from './signal-scene.ts'

/** Whether we still see this cluster, and whether it is still the same one. */
export function unreachable(scene: Scene): readonly Found[] {
  const { facts } = scene
  const since = facts.observedAt ?? iso(scene.firstSeen.get(`freshness/${facts.freshness}`) ?? scene.now)
  const about = (was: string, is: string): Evidence => ({
    object: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' },
    was,
    is,
    since: facts.observedAt,
    source: 'collector',
  })
  const found = (kind: Found['kind'], title: string, proof: Evidence, more: Pick<Found, 'severity' | 'atOnce' | 'since'>): Found => ({
    kind,
    scope: '',
    title,
    evidence: [proof],
    victims: [],
    ...more,
  })
  const replaced = replacedBy(scene)
  if (replaced) {
    const more = { severity: 'critical', atOnce: true, since: iso(scene.firstSeen.get('replaced') ?? scene.now) } as const
    return [found('cluster-replaced', 'Another cluster answers under this name', about(replaced.was, replaced.is), more)]
  }
  const away = facts.freshness === 'unreachable' || facts.freshness === 'stale'
  // Refused or not trusted is our own fault and says nothing about the cluster.
  if (facts.freshness === 'forbidden' || (away && facts.blind)) {
    const more = { severity: 'warning', atOnce: false, since } as const
    return [found('blind', 'We may not read this cluster', about('answering', facts.trouble || 'access refused'), more)]
  }
  if (facts.freshness !== 'unreachable' || scene.now - Date.parse(since) < MINUTE) return []
  const more = { severity: 'critical', atOnce: true, since } as const
  const answering = scene.probes?.filter((one) => one.answers).length ?? 0
  const serving = scene.probes?.length ? `; ${answering} of ${plural(scene.probes.length, 'declared probe')} answering` : ''
  return [
    found(
      'control-plane-unreachable',
      'The control plane cannot be reached',
      about('answering', `${facts.trouble || 'no answer'}${serving}`),
      more,
    ),
  ]
}

/** The recorder's word, where there is one: after a lead has answered it says that all is well again. */
function replacedBy({ facts, incarnation }: Scene): { readonly was: string; readonly is: string } | null {
  if (facts.replaced !== undefined) return facts.replaced
  return incarnation && facts.incarnation && incarnation !== facts.incarnation ? { was: incarnation, is: facts.incarnation } : null
}

export function admissionDeadlock(scene: Scene): readonly Found[] {
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

export function namespaceTerminating(scene: Scene): readonly Found[] {
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
        evidence: [proof(one, 'Active', 'Terminating', one.deletingAt), ...conditionsOf(one), ...blocking],
        victims: [{ object: refOf(one), at: one.deletingAt ?? iso(scene.now) }],
        atOnce: false,
      }
    })
}

/** What the namespace controller itself says is in its way (Kubernetes: status_condition_utils.go; True is a problem). */
function conditionsOf(home: SlimRecord): readonly Evidence[] {
  if (home.facts.is !== 'namespace') return []
  return home.facts.conditions
    .filter((one) => one.type.startsWith('Namespace') && one.status === 'True')
    .map((one) => proof(home, 'Active', `${one.reason}: ${one.message}`, one.since ?? home.deletingAt, 'namespace conditions'))
}

type LostNode = { readonly record: SlimRecord; readonly since: number; readonly is: string }

/** Nodes that are not Ready for five minutes, and those that vanished without being cordoned and that no newer one of their zone stands in for. */
function lostNodes(scene: Scene, nodes: readonly SlimRecord[]): readonly LostNode[] {
  const away = nodes.flatMap((record): readonly LostNode[] => {
    const since = scene.firstSeen.get(`node/${record.uid}`) ?? scene.now
    const down = record.facts.is === 'node' && !record.facts.ready && !record.facts.cordoned && scene.now - since >= 5 * MINUTE
    return down ? [{ record, since, is: 'not Ready' }] : []
  })
  const vanished = scene.departures.filter(
    ({ record }) => record.facts.is === 'node' && !record.facts.cordoned && scene.look.get(record.uid) === undefined,
  )
  const lost = [...Map.groupBy(vanished, ({ record }) => zoneOf(record))].flatMap(([zone, all]) => {
    const first = Math.min(...all.map((one) => Date.parse(one.at)))
    const fresh = nodes.filter((one) => zoneOf(one) === zone && Date.parse(one.createdAt) > first - MINUTE).length
    return all.slice(0, Math.max(0, all.length - fresh)).map(({ record, at }) => ({
      record,
      since: scene.firstSeen.get(`node/${record.uid}`) ?? Date.parse(at),
      is: 'gone, and was not cordoned',
    }))
  })
  return [...away, ...lost.filter((one) => scene.now - one.since >= 5 * MINUTE)]
}

function zoneOf(record: SlimRecord): string {
  return record.facts.is === 'node' ? record.facts.zone : ''
}

export function nodesLost(scene: Scene): readonly Found[] {
  const present = scene.look.list('Node')
  const lost = lostNodes(scene, present)
  if (lost.length === 0) return []
  const nodes = [...present, ...lost.map((one) => one.record).filter((one) => !present.includes(one))]
  const down = new Set(lost.map((one) => one.record))
  const zones = [...Map.groupBy(nodes, zoneOf)].filter(([, all]) => all.every((one) => down.has(one))).map(([zone]) => zone)
  const whole = nodes.length > 1 && zones.length > 0
  return [
    {
      kind: 'nodes-lost',
      scope: zones[0] ?? '',
      severity: whole || lost.length / nodes.length >= 1 / 3 ? 'critical' : 'warning',
      title: `${lost.length} of ${nodes.length} nodes not ready${zones[0] ? `, all of zone ${zones.join(', ')}` : ''}`,
      since: iso(Math.min(...lost.map((one) => one.since))),
      evidence: lost.slice(0, 20).map((one) => proof(one.record, 'Ready', one.is, iso(one.since))),
      victims: lost.filter((one) => !present.includes(one.record)).map((one) => ({ object: refOf(one.record), at: iso(one.since) })),
      atOnce: false,
    },
  ]
}
