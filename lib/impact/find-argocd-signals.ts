import { ARGO, awaitsDeletion, instanceFor, wouldPrune } from '../argocd/rules.ts'
import type { Instance } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { refOf } from './evidence-rules.ts'
import type { Victim } from './first-cause.ts'
import type { Evidence } from './schema.ts'
import { earliest, type Found, iso, MINUTE, plural, proof, type Scene, threshold } from './signal-scene.ts'

export function argocdGone(scene: Scene): readonly Found[] {
  const found: Found[] = []
  for (const instance of scene.instances) {
    if (instance.state !== 'terminating' && instance.state !== 'absent') continue
    if (instance.namespace === '' && scene.managedElsewhere) continue
    // Where nothing was left to manage, an Argo CD was taken away, not lost.
    const spokes = scene.spokes ?? []
    if (spokes.length === 0 && !scene.rows.some((row) => row.application !== null) && scene.look.list('Application', ARGO).length === 0)
      continue
    const pending = scene.look.list('Application', ARGO).filter(awaitsDeletion)
    const departed = scene.departures.filter((one) => isOf(instance, one.record) && scene.look.get(one.record.uid) === undefined)
    const faults = instance.faults.filter((one) => !/ready$|scaled to 0$|^AppProject /.test(one.what))
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
    evidence.push(...spokes.map((spoke) => abandoned(spoke, since)))
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
      title: `Argo CD ${instance.namespace ? `in ${instance.namespace} ` : ''}${fateWords(instance)}${touching(spokes)}`,
      since,
      evidence,
      victims: victims.length > 0 ? victims : departed.map((one) => ({ object: refOf(one.record), at: one.at })),
      atOnce: true,
    })
  }
  return found
}

/** An instance whose workloads stand, and that only its definitions leave, is said to be that. */
function fateWords(instance: Instance): string {
  const lost = instance.faults.flatMap((one) => /^definition (\S+) /.exec(one.what)?.[1] ?? [])
  const whole = instance.faults.every((one) => /^definition |ready$|^AppProject /.test(one.what))
  if (whole && lost.length > 0)
    return instance.state === 'terminating' ? `is losing definition ${lost.join(', ')}` : `has lost definition ${lost.join(', ')}`
  return instance.state === 'terminating' ? 'is being deleted' : 'is gone'
}

type Spoke = NonNullable<Scene['spokes']>[number]

function abandoned(spoke: Spoke, since: string): Evidence {
  const is = `${plural(spoke.services, 'service')} of cluster ${spoke.cluster} ${spoke.services === 1 ? 'is' : 'are'} reconciled by nobody`
  const object = { apiVersion: 'v1', kind: 'Cluster', namespace: '', name: spoke.cluster }
  return { object, was: 'managed from here', is, since, source: 'live store' }
}

function touching(spokes: readonly Spoke[]): string {
  return spokes.length === 0 ? '' : `; it also manages ${spokes.map((one) => one.cluster).join(', ')}`
}

function isOf(instance: Instance, record: SlimRecord): boolean {
  if (record.kind === 'Namespace') return record.name === instance.namespace
  if (record.facts.is === 'crd') return record.facts.group === ARGO
  return record.namespace === instance.namespace && record.name.endsWith('application-controller')
}

export function startedTooEarly(scene: Scene, goneNow: boolean): readonly Found[] {
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

const PRECIOUS = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'])

export function prunePending(scene: Scene): readonly Found[] {
  const found: Found[] = []
  for (const application of scene.look.list('Application', ARGO)) {
    if (!instanceFor(application.namespace, scene.instances)?.reconciling) continue
    const objects = wouldPrune(scene.look, application).filter((one) => PRECIOUS.has(one.kind) && !isSaid(scene, one))
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

function faultOf(instance: Instance, is: string, since: string): Evidence {
  return {
    object: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: instance.namespace },
    was: 'whole',
    is,
    since,
    source: 'live store',
  }
}

/** Whether a prune was said to come; nothing silences one that takes data or Argo CD itself along, but what comes and goes by itself. */
function isSaid(scene: Scene, record: SlimRecord): boolean {
  if (!scene.expected(record)) return false
  const home = record.kind === 'Namespace' ? scene.look.inNamespace(record.name) : [record]
  const data = home.some((one) => one.facts.is === 'claim' && !scene.ephemeral(one))
  return !data && !scene.instances.some((one) => isOf(one, record))
}

export function argocdDegraded(scene: Scene, gone: ReadonlySet<string>): readonly Found[] {
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
    // Twice the time between two comparisons without any is silence.
    const settings = scene.look.find('ConfigMap', instance.namespace, 'argocd-cm', '')
    const period = settings?.facts.is === 'argocd-settings' ? settings.facts.reconciliationMs : 3 * MINUTE
    const silent = instance.reconciling && period > 0 && newest !== undefined && scene.now - Date.parse(newest) > 2 * period
    if (!long && !silent) continue
    const evidence = instance.faults.flatMap((one) =>
      one.record ? [proof(one.record, 'ready', one.what, iso(since ?? scene.now))] : [faultOf(instance, one.what, iso(since ?? scene.now))],
    )
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
