import { type Hub, hubTrouble, onHub, type Steward } from '../argocd/hub-rules.ts'
import { applicationOf, awaitsDeletion, findApplication, groupOf, guardOf, instanceFor, wouldPrune } from '../argocd/rules.ts'
import type { Instance, Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { isWorkload } from '../services/rules.ts'
import { worstFirst } from './count-rules.ts'
import { runsMissed } from './cron-rules.ts'
import { dataAtRisk } from './data-rules.ts'
import { reachesNobody } from './endpoint-rules.ts'
import { evidence, fateOf, readState } from './evidence-rules.ts'
import type { Finding, JudgeInput, Judgement } from './judge-schema.ts'
import type { Evidence, Impact } from './schema.ts'

/** Progressing longer than this is "stuck", ours and named so: Kubernetes' own deadline for Deployments is 600 s. */
const STUCK_MS = 10 * 60_000

/** Judges one service against what it was. Every impact that applies is there with its evidence, worst first. */
export function judge(input: JudgeInput): Judgement {
  if (input.expected.accepted) return { impacts: ['removed'], evidence: [], since: null }
  // From outside it can still be told whether it serves.
  const asked = input.probe ? [probed(input.probe)] : []
  if (input.stale) return { impacts: ['unknown'], evidence: [said(input, input.stale), ...asked], since: null }
  const found = [
    ...deletionPending(input),
    ...dataAtRisk(input),
    ...missing(input),
    ...unwell(input),
    ...unserved(input),
    ...unmanaged(input),
  ]
  const impacts = new Set(found.map((one) => one.impact))
  const bad = impacts.has('lost') || impacts.has('degraded')
  if (!bad && impacts.has('changing') && (input.before === 'lost' || input.before === 'degraded' || input.before === 'recovering')) {
    impacts.delete('changing')
    impacts.add('recovering')
  }
  if (impacts.has('lost')) impacts.delete('degraded')
  if (bad || impacts.size > 1) impacts.delete('changing')
  if (impacts.size === 0) impacts.add('healthy')
  const told = found.map((one) => one.evidence)
  const times = told.flatMap((one) => (one.since ? [one.since] : [])).sort()
  return { impacts: worstFirst(impacts), evidence: told, since: times[0] ?? null }
}

function said(input: JudgeInput, is: string): Evidence {
  const { service } = input
  return {
    object: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: service.namespace },
    was: '',
    is,
    since: null,
    source: 'live store',
  }
}

/** Its declared probe fails, while nothing of it is on its way up. */
function unserved({ probe, before, earlier }: JudgeInput): readonly Finding[] {
  if (!probe || probe.answers || earlier.length === 0) return []
  return [{ impact: before === 'lost' ? 'changing' : 'degraded', evidence: probed(probe) }]
}

function probed(probe: NonNullable<JudgeInput['probe']>): Evidence {
  const object = { apiVersion: 'v1', kind: 'Probe', namespace: '', name: probe.url }
  return {
    object,
    was: 'answering',
    is: `${probe.answers ? 'answers' : 'does not answer'}: ${probe.told}`,
    since: probe.since,
    source: 'probe',
  }
}

const WEIGHTY = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition'])

/** Objects whose loss is felt at once; a renamed ConfigMap is daily life. */
function isWeighty(record: SlimRecord, look: Look): boolean {
  return WEIGHTY.has(record.kind) || isWorkload(record, look)
}

function deletionPending(input: JudgeInput): readonly Finding[] {
  const { look, service, present } = input
  const found: Finding[] = []
  const pending = (one: SlimRecord, was: string, is: string, since: string | null, taken: readonly SlimRecord[] = []) =>
    found.push(leaving(input, evidence(one, was, is, since), one, taken))
  const weighty = present.filter((one) => isWeighty(one, look))
  for (const one of weighty) if (one.deletingAt) pending(one, 'present', 'being deleted', one.deletingAt)
  if (weighty.length === 0) return found
  const home = look.find('Namespace', '', service.namespace, '')
  const inside = weighty.filter((one) => one.namespace === service.namespace)
  if (home?.deletingAt && inside.length > 0) pending(home, 'Active', 'Terminating: everything in it will go', home.deletingAt, inside)
  const steward = stewardOf(input)
  const application = steward.application
  if (application && awaitsDeletion(application)) {
    const held = weighty.filter(
      (one) =>
        one.tracking?.app === service.application &&
        one.owners.length === 0 &&
        one.kind !== 'CustomResourceDefinition' &&
        guardOf(one, 'Delete', application) === 'none',
    )
    const when = instanceFor(application.namespace, steward.instances)?.reconciling
      ? 'its resources go with it'
      : 'its resources go as soon as a controller runs'
    if (held.length > 0) pending(application, 'in force', `awaits deletion: ${when}`, application.deletingAt, held)
  }
  found.push(...prunedBy(input, steward, home, weighty))
  return found
}

/** What will be deleted, greyed with its reason where that is expected: of the object itself, or of all that it takes along. */
function leaving({ expected }: JudgeInput, told: Evidence, record: SlimRecord, taken: readonly SlimRecord[] = []): Finding {
  const all = taken.map(expected.removal)
  const why = expected.removal(record) ?? (all.every((one) => one !== null) ? (all[0] ?? null) : null)
  return why ? { impact: 'changing', evidence: { ...told, is: `${told.is}: ${why}` } } : { impact: 'deletion-pending', evidence: told }
}

/** Members, or their namespace, that the next automated sync of an Application will prune. */
function prunedBy(
  input: JudgeInput,
  steward: ReturnType<typeof stewardOf>,
  home: SlimRecord | undefined,
  weighty: readonly SlimRecord[],
): readonly Finding[] {
  const { look, instances } = input
  const found: Finding[] = []
  for (const by of new Set([steward.application, home?.tracking ? applicationOf(look, home) : undefined])) {
    const from = by === steward.application ? steward : { instances, home: look }
    if (!by || !instanceFor(by.namespace, from.instances)?.reconciling) continue
    for (const one of wouldPrune(look, by, from.home)) {
      if (one.uid !== home?.uid && !weighty.some((member) => member.uid === one.uid)) continue
      const is = `no longer in git: the next automated sync of ${by.name} prunes it`
      found.push(leaving(input, evidence(one, 'in git', is, null, 'Argo CD status.resources'), one))
    }
  }
  return found
}

/** The Application of a service, here or on a hub, with the instances and the store of the cluster it lives on. */
function stewardOf(input: JudgeInput): {
  readonly application: SlimRecord | undefined
  readonly instances: readonly Instance[]
  readonly home: Look
} {
  const { look, service, present, instances, hubs = [] } = input
  const sample = present.find((one) => one.tracking?.app === service.application)
  const here = sample ? applicationOf(look, sample) : service.application ? findApplication(look, service.application) : undefined
  const there = here || !sample ? null : onHub(sample, hubs)
  if (there && there.hub.stale === null) return { application: there.application, instances: there.hub.instances, home: there.hub.look }
  return { application: here, instances, home: look }
}

/** Built-in groups; everything else is a custom resource that somebody's controller reads. */
function isCustom(record: SlimRecord): boolean {
  const group = groupOf(record.apiVersion)
  return group.includes('.') && !group.endsWith('.k8s.io')
}

/** Parts that were there and are not: the workloads first, then what leads traffic to them and what they mount. */
function missing(input: JudgeInput): readonly Finding[] {
  const { look, earlier, present, expected } = input
  const found: Finding[] = []
  const workloads = earlier.filter((one) => isWorkload(one))
  const gone = workloads.filter((one) => fateOf(look, one).fate === 'gone')
  const unexpected = gone.filter((one) => !expected.removal(one))
  const all = workloads.length > 0 && gone.length === workloads.length && !present.some((one) => isWorkload(one, look))
  for (const one of gone) {
    const why = expected.removal(one)
    const impact = why ? 'removed' : all && unexpected.length > 0 ? 'lost' : 'degraded'
    if (!why || all)
      found.push({ impact, evidence: evidence(one, readState(one), why ? `gone: ${why}` : 'gone', null, 'history and live store') })
  }
  const configMaps = new Set(present.flatMap((one) => (one.facts.is === 'workload' ? one.facts.configMaps : [])))
  for (const one of earlier) {
    if (isWorkload(one)) continue
    const matters =
      one.facts.is === 'service' ||
      one.facts.is === 'ingress' ||
      one.facts.is === 'crd' ||
      isCustom(one) ||
      (one.kind === 'ConfigMap' && configMaps.has(one.name))
    if (matters && !expected.removal(one) && fateOf(look, one).fate === 'gone')
      found.push({ impact: 'degraded', evidence: evidence(one, 'present', 'gone', null, 'history and live store') })
  }
  return found
}

/** How the workloads that are there do: against what is desired now, and against what was desired then. */
function unwell(input: JudgeInput): readonly Finding[] {
  const { look, earlier, present } = input
  const found: Finding[] = []
  for (const one of present) {
    const was = earlier.find(
      (other) =>
        other.kind === one.kind &&
        other.name === one.name &&
        other.namespace === one.namespace &&
        groupOf(other.apiVersion) === groupOf(one.apiVersion),
    )
    if (isLeaving(input, one) && input.expected.removal(one)) continue
    const verdict = one.facts.is === 'workload' ? workloadVerdict(input, one, was) : otherVerdict(input, one, was, look)
    if (verdict) found.push({ impact: verdict.impact, evidence: evidence(one, was ? readState(was) : '', verdict.is, verdict.since) })
  }
  return found
}

/** On its way out, by itself or with what it lives in or belongs to. */
function isLeaving(input: JudgeInput, one: SlimRecord): boolean {
  return (
    one.deletingAt !== null ||
    input.look.find('Namespace', '', one.namespace, '')?.deletingAt != null ||
    applicationOf(input.look, one)?.deletingAt != null
  )
}

type Verdict = { readonly impact: Impact; readonly is: string; readonly since: string | null } | null

function workloadVerdict(input: JudgeInput, one: SlimRecord, was: SlimRecord | undefined): Verdict {
  if (one.facts.is !== 'workload') return null
  const { desired, ready, maxUnavailable } = one.facts
  const says = one.health?.message ? `: ${one.health.message}` : ''
  const is = `${readState(one)}${one.deletingAt ? '' : says}`
  const progressing = input.progressingSince(one.uid)
  const stuck = progressing !== null && Date.parse(input.now) - Date.parse(progressing) > STUCK_MS
  if (desired === 0) return zeroVerdict(input, one, was)
  if (one.health?.status === 'Degraded') return { impact: 'degraded', is, since: progressing }
  if (one.facts.paused && was?.facts.is === 'workload' && was.facts.ready <= ready) return null
  if (one.facts.paused && was === undefined) return null
  // What was lost and is there again, on its way up, recovers; the deadline above still calls it stuck.
  if (input.before === 'lost' && !stuck && !one.deletingAt && ready < desired) return { impact: 'changing', is, since: progressing }
  if (!stuck && !one.deletingAt && isGrowing(one, was)) return { impact: 'changing', is, since: progressing }
  if (ready === 0 || ready < desired - maxUnavailable) return excused(stuck ? null : input.expected.during('restart', one), is, progressing)
  if (stuck) return { impact: 'degraded', is: `${is}; progressing for more than 10 minutes`, since: progressing }
  if (ready < desired || (one.health?.status === 'Progressing' && !one.deletingAt)) return { impact: 'changing', is, since: progressing }
  return null
}

/** What scales a workload to zero on purpose: an autoscaler that may, or a downscaler that marks what it takes care of; null when nothing does. */
export function scaledDown(look: Look, record: SlimRecord): string | null {
  const home = look.find('Namespace', '', record.namespace, '')
  for (const one of home ? [record, home] : [record])
    if (Object.keys(one.annotations).some((key) => /^downscaler\/(?!exclude)/.test(key)))
      return `a downscaler scales ${one.kind} ${one.name}`
  for (const one of look.inNamespace(record.namespace)) {
    // KEDA itself takes a workload to zero, whatever its own autoscaler leaves.
    if (one.facts.is !== 'autoscaler' || (one.facts.min > 0 && !one.owners.some((owner) => owner.kind === 'ScaledObject'))) continue
    if (one.facts.target.kind === record.kind && one.facts.target.name === record.name) return `${one.kind} ${one.name} may scale it to 0`
  }
  return null
}

function zeroVerdict({ expected }: JudgeInput, one: SlimRecord, was: SlimRecord | undefined): Verdict {
  const before = was?.facts.is === 'workload' ? was.facts.desired : 0
  if (before === 0 || expected.scale(one)) return null
  return excused(expected.during('scale', one), `scaled to 0, was ${before}`, null)
}

/** Scaled up: more is wanted than when all was well, and no less is ready than then. */
function isGrowing(one: SlimRecord, was: SlimRecord | undefined): boolean {
  if (one.facts.is !== 'workload' || was?.facts.is !== 'workload') return false
  const { desired, ready } = one.facts
  return ready < desired && desired > was.facts.desired && was.facts.ready >= was.facts.desired && ready >= was.facts.ready
}

/** Degraded, or greyed with the reason why that was to be expected. */
function excused(why: string | null, is: string, since: string | null): Verdict {
  return why ? { impact: 'changing', is: `${is}: ${why}`, since } : { impact: 'degraded', is, since }
}

/** Custom resources and CronJobs by Argo CD's word for them, if it was better before; autoscalers and budgets tell nothing about service. */
function otherVerdict(input: JudgeInput, one: SlimRecord, was: SlimRecord | undefined, look: Look): Verdict {
  if (one.facts.is === 'service') {
    // What comes back has its pods before it has its endpoints.
    const impact = input.before === 'lost' ? 'changing' : 'degraded'
    return input.served?.(one) && reachesNobody(look, one) ? { impact, is: 'no ready endpoint', since: null } : null
  }
  if (one.facts.is === 'cronjob') {
    const is = runsMissed(one, Date.parse(input.now))
    return is && !(was && runsMissed(was, Date.parse(was.observedAt))) ? { impact: 'degraded', is, since: null } : null
  }
  const speaks = one.facts.is === 'other' || one.facts.is === 'certificate'
  if (!(speaks && (isCustom(one) || isWorkload(one, look)))) return null
  if (one.health?.status !== 'Degraded' || was?.health?.status === 'Degraded') return null
  return { impact: 'degraded', is: one.health.message || 'Degraded', since: null }
}

/** Why nobody reconciles a tracked workload, or null when somebody does. */
export function unmanagedBecause(
  record: SlimRecord,
  look: Look,
  instances: readonly Instance[],
  managedElsewhere = false,
  hubs: readonly Hub[] = [],
): (Steward & { readonly unknown?: boolean }) | null {
  if (!record.tracking) return null
  const application = applicationOf(look, record)
  // An object that no Application here tracks may be a hub's; where a local Argo CD runs, one that no hub has either is its own.
  if (!application && hubs.length > 0 && (instances.length === 0 || onHub(record, hubs) !== null)) return hubTrouble(record, hubs)
  if (managedElsewhere && instances.length === 0) return null
  if (!application) return { why: `Application ${record.tracking.app} is gone`, since: null, application: null }
  if (application.deletingAt) return { why: `Application ${application.name} is being deleted`, since: application.deletingAt, application }
  const instance = instanceFor(application.namespace, instances)
  if (instance && !instance.reconciling)
    return {
      why: `no Argo CD controller runs in ${instance.namespace || 'this cluster'}`,
      since: instance.faults.map((fault) => fault.since).find((since) => since !== null) ?? null,
      application,
    }
  return null
}

const UNREAD = {
  why: 'whether anybody reconciles it is not known: Applications may not be read here',
  since: null,
  application: null,
  unknown: true,
}

function unmanaged(input: JudgeInput): readonly Finding[] {
  const found: Finding[] = []
  const seen = new Set<string>()
  for (const one of input.present) {
    if (!isWorkload(one, input.look)) continue
    const told = unmanagedBecause(one, input.look, input.instances, input.managedElsewhere, input.hubs)
    const reason = told && !told.application && input.applicationsUnread ? UNREAD : told
    if (!reason || seen.has(reason.why)) continue
    seen.add(reason.why)
    // An Application that was to go leaves nothing unmanaged, as long as a controller is there to take its resources along.
    const reconciled = input.instances.some((instance) => instance.reconciling)
    const why = reconciled && (reason.application ? input.expected.removal(reason.application) : input.expected.ephemeral(one))
    if (why) {
      found.push({ impact: 'changing', evidence: evidence(one, 'reconciled by Argo CD', `${reason.why}: ${why}`, reason.since) })
      continue
    }
    const is = reason.unknown ? `${readState(one)}; ${reason.why}` : `${readState(one)}, unmanaged: ${reason.why}`
    found.push({
      impact: reason.unknown ? 'unknown' : 'unmanaged',
      evidence: evidence(one, 'reconciled by Argo CD', is, reason.since),
    })
  }
  return found
}
