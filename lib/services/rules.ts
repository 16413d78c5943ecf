import { ARGO, findApplication, groupOf, isApplication, isOwnComponent } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { parseDuration } from '../kernel/duration.ts'
import type { Because, Catalog, Match, Service, Tier } from './schema.ts'

/** Where an object belongs and how we know; `application` is the Argo CD Application that tracks it. */
export type Place = { readonly namespace: string; readonly name: string; readonly application: string | null; readonly because: Because }

const LIVE_ONLY = new Set([
  'Pod',
  'ReplicaSet',
  'Job',
  'Node',
  'Event',
  'EndpointSlice',
  'Endpoints',
  'Lease',
  'ControllerRevision',
  'APIService',
])

/** What carries a service: without any such member, a group of objects is configuration, not a service. */
export function isWorkload(record: SlimRecord, look?: Look): boolean {
  if ((record.facts.is === 'workload' && record.kind !== 'ReplicaSet') || record.facts.is === 'cronjob') return true
  return (
    record.facts.is === 'other' &&
    look !== undefined &&
    look.ownedBy(record.uid).some((one) => one.facts.is === 'pod' || one.facts.is === 'workload')
  )
}

/** What an object alone does not tell of where it comes from; remembered, since what made it may be gone first. */
export type Origins = {
  /** Whether an Application, by the name that tracking gives it, was made by an ApplicationSet from pull requests. */
  fromPullRequest(application: string): boolean
  /** Whether a claim, by uid, is or was owned by a Pod or a Job. */
  isPassingClaim(uid: string): boolean
}

const JOBS = 'Jobs come and go'
const PODS = 'a Pod of its own, which nothing restores'
const CLAIMS = 'its claim belongs to a Pod or a Job'
const PULL_REQUESTS = 'its Application is made from a pull request'
const ruled = (match: Match) => `services.yaml calls ${readMatch(match)} ephemeral`

/** One rule by which objects come and go by themselves; `what` is the reason that it gives. */
export type EphemeralRule = { readonly what: string; readonly source: 'built in' | 'services.yaml' }

/** Every rule in force, the built-in ones first. */
export function ephemeralRules(catalog: Catalog): readonly EphemeralRule[] {
  return [
    ...[PULL_REQUESTS, CLAIMS, JOBS, PODS].map((what) => ({ what, source: 'built in' }) as const),
    ...catalog.ephemeral.map((one) => ({ what: ruled(one.match), source: 'services.yaml' }) as const),
  ]
}

/** Why an object comes and goes by itself: never lost, never counted in a mass deletion. Null when it does not. */
export function ephemeralBecause(record: SlimRecord, catalog: Catalog, origins: Origins): string | null {
  if (record.kind === 'Job') return JOBS
  if (record.kind === 'Pod' && !record.owners.some((owner) => owner.controller)) return PODS
  if (isOfPodOrJob(record) || (record.facts.is === 'volume' && record.facts.claim && origins.isPassingClaim(record.facts.claim.uid)))
    return CLAIMS
  const application = applicationName(record)
  if (application !== null && origins.fromPullRequest(application)) return PULL_REQUESTS
  const rule = catalog.ephemeral.find((one) => matches(one.match, record) !== null)
  return rule ? ruled(rule.match) : null
}

export function isOfPodOrJob(record: SlimRecord): boolean {
  return record.kind === 'PersistentVolumeClaim' && record.owners.some((owner) => owner.kind === 'Pod' || owner.kind === 'Job')
}

/** An ApplicationSet whose Applications come and go with pull requests (argo-cd: Generators-Pull-Request.md). */
export function isPullRequestSet(record: SlimRecord): boolean {
  return record.facts.is === 'applicationset' && record.facts.generators.includes('pullRequest')
}

/** The Application that an object is about: its own name, or that of the one that tracks it. */
function applicationName(record: SlimRecord): string | null {
  return isApplication(record) ? record.name : (record.tracking?.app ?? null)
}

/** A match as a person reads it: `namespace pr-*, kind Deployment`. */
export function readMatch(match: Match): string {
  const words = Object.entries(match).flatMap(([key, value]) =>
    value === undefined || key === 'labels' ? [] : [`${key} ${typeof value === 'string' ? value : ''}`],
  )
  const labels = Object.entries(match.labels ?? {}).map(([key, value]) => `label ${key}=${value}`)
  return [...words, ...labels].join(', ') || 'everything'
}

/** Captured words of a match such as `team-{team}-*`, or null when the object does not fit. */
export function matches(
  match: Match,
  record: SlimRecord,
  application: string | null = applicationName(record),
): Readonly<Record<string, string>> | null {
  const words: Record<string, string> = {}
  const fits = (pattern: string | undefined, text: string) => pattern === undefined || capture(pattern, text, words)
  if (
    !homesOf(record).some((home) => fits(match.namespace, home)) ||
    !fits(match.name, record.name) ||
    !fits(match.kind, record.kind) ||
    !fits(match.application, application ?? '')
  )
    return null
  for (const [key, pattern] of Object.entries(match.labels ?? {})) if (!fits(pattern, record.labels[key] ?? '')) return null
  return words
}

/** The namespaces that an object is about: a Namespace is its own, a volume has its claim's, an Application also the one it deploys to. */
function homesOf(record: SlimRecord): readonly string[] {
  if (record.facts.is === 'namespace') return [record.name]
  if (record.facts.is === 'volume') return [record.facts.claim?.namespace ?? '']
  if (record.facts.is === 'application') return [record.namespace, record.facts.destination.namespace]
  return [record.namespace]
}

function capture(pattern: string, text: string, into: Record<string, string>): boolean {
  const names: string[] = []
  const source = pattern.split(/(\*|\{\w+\})/).map((part) => {
    if (part === '*') return '.*'
    const name = /^\{(\w+)\}$/.exec(part)?.[1]
    if (name === undefined) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    names.push(name)
    return '(.+?)'
  })
  const found = new RegExp(`^${source.join('')}$`).exec(text)
  if (!found) return false
  names.forEach((name, at) => {
    into[name] = found[at + 1] ?? ''
  })
  return true
}

/** The namespace part of a tracking id: for cluster-scoped objects the Application's destination (argo-cd: resource_tracking.go). */
function trackedNamespace(record: SlimRecord): string {
  if (record.namespace !== '') return record.namespace
  const rest = (record.tracking?.id ?? '').split(':')[2] ?? ''
  return rest.split('/')[0] ?? ''
}

/**
 * The service an object belongs to, in the order: own annotation, Backstage, Argo CD tracking, recommended labels,
 * owner references; claims and volumes follow the workload that uses them. Null when nobody claims it.
 */
export function placeOf(record: SlimRecord, look: Look, depth = 0): Place | null {
  if (LIVE_ONLY.has(record.kind) || groupOf(record.apiVersion) === ARGO || (!record.tracking && isOwnComponent(record))) return null
  const object = `${record.kind} ${record.namespace ? `${record.namespace}/` : ''}${record.name}`
  const place = (name: string, source: string, namespace = trackedNamespace(record)): Place => ({
    namespace,
    name,
    application: record.tracking?.app ?? null,
    because: { what: 'service', value: name, source, object },
  })
  const declared = record.annotations['blackstart.dev/service'] ?? record.labels['blackstart.dev/service']
  if (declared) return place(declared, 'annotation blackstart.dev/service')
  if (record.facts.is === 'volume') {
    const claim = record.facts.claim
    return claim ? claimPlace(claim.namespace, claim.name, look, depth) : null
  }
  const backstage = record.annotations['backstage.io/kubernetes-id'] ?? record.labels['backstage.io/kubernetes-id']
  if (backstage) return place(backstage, 'Backstage backstage.io/kubernetes-id')
  if (record.tracking) {
    const application = findApplication(look, record.tracking.app)
    const named = application?.annotations['blackstart.dev/service']
    return named
      ? place(named, `annotation blackstart.dev/service of Application ${record.tracking.app}`)
      : place(record.tracking.app, 'Argo CD tracking')
  }
  if (record.facts.is === 'claim') {
    const user = workloadOfClaim(record.namespace, record.name, look)
    if (user && depth < 5) return placeOf(user, look, depth + 1)
  }
  return record.namespace === '' ? null : labelledPlace(record, look, depth, place)
}

/** The service that an object works for: its own, or that of the controller above it, as a pod's is its Deployment's. */
export function homeOf(record: SlimRecord, look: Look, depth = 0): Place | null {
  const place = placeOf(record, look)
  if (place || depth >= 5) return place
  const owner = record.owners.find((one) => one.controller)
  const above = owner ? look.get(owner.uid) : undefined
  return above ? homeOf(above, look, depth + 1) : null
}

function labelledPlace(record: SlimRecord, look: Look, depth: number, place: (name: string, source: string) => Place): Place | null {
  for (const label of ['app.kubernetes.io/part-of', 'app.kubernetes.io/instance', 'app.kubernetes.io/name'] as const) {
    const value = record.labels[label]
    if (value) return place(value, `label ${label}`)
  }
  const owner = record.owners.find((one) => one.controller) ?? record.owners[0]
  const parent = owner ? look.get(owner.uid) : undefined
  if (parent && depth < 5) return placeOf(parent, look, depth + 1)
  return isWorkload(record) ? place(record.name, 'its own name') : null
}

function claimPlace(namespace: string, name: string, look: Look, depth: number): Place | null {
  const claim = look.find('PersistentVolumeClaim', namespace, name, '')
  if (claim && depth < 5) return placeOf(claim, look, depth + 1)
  const user = workloadOfClaim(namespace, name, look)
  return user && depth < 5 ? placeOf(user, look, depth + 1) : null
}

/** The workload that mounts a claim, by name or as a StatefulSet's `<template>-<set>-<ordinal>`. */
function workloadOfClaim(namespace: string, name: string, look: Look): SlimRecord | undefined {
  let best: SlimRecord | undefined
  for (const one of look.inNamespace(namespace)) {
    if (one.facts.is !== 'workload' || one.kind === 'ReplicaSet') continue
    if (one.facts.claims.includes(name)) return one
    const suffix = one.kind === 'StatefulSet' && name.lastIndexOf(`-${one.name}-`)
    if (
      typeof suffix === 'number' &&
      suffix > 0 &&
      /^\d+$/.test(name.slice(suffix + one.name.length + 2)) &&
      (best?.name.length ?? 0) < one.name.length
    )
      best = one
  }
  return best
}

const PLATFORM =
  /(^|[-_./])(cni|coredns|kube-dns|dns|csi|cert-manager|ingress|istio|cilium|calico|vault|external-secrets|sealed-secrets|external-dns|kube-proxy|velero|argocd|argo-cd)([-_./]|$)/
const OWNER_WORDS = ['blackstart.dev/owner', 'owner', 'team']
const CONTACT_WORDS = ['blackstart.dev/contact', 'contact', 'oncall', 'slack']

/**
 * A service out of its members: owner, tier, contact and dependencies with the evidence for each, declared words
 * first (`blackstart.dev/*`, then `services.yaml`, then customary labels), then guesses that say so.
 */
export function describeService(cluster: string, place: Place, members: readonly SlimRecord[], look: Look, catalog: Catalog): Service {
  const application = place.application ? findApplication(look, place.application) : undefined
  const home = place.namespace ? look.find('Namespace', '', place.namespace, '') : undefined
  const sources = [...members, ...(application ? [application] : []), ...(home ? [home] : [])]
  const because: Because[] = [place.because]
  const found = (what: Because['what'], value: string, source: string, object: string) => {
    because.push({ what, value, source, object })
    return value
  }
  const said = (what: Because['what'], keys: readonly string[]): string | null => {
    for (const key of keys)
      for (const one of sources) {
        const hit = wordOf(one, key)
        if (hit) return found(what, hit.value, hit.source, `${one.kind} ${one.name}`)
      }
    return null
  }
  const ruled = catalogWords(members, place, catalog)
  const byRule = (what: Because['what'], value: string | undefined) =>
    value === undefined ? null : found(what, value, 'services.yaml', '')
  const project = application?.facts.is === 'application' && application.facts.project !== 'default' ? application.facts.project : null
  const owner =
    said('owner', OWNER_WORDS.slice(0, 1)) ??
    byRule('owner', ruled.owner) ??
    said('owner', OWNER_WORDS.slice(1)) ??
    (project ? found('owner', project, 'AppProject of its Application', `Application ${place.application}`) : null)
  const contact = said('contact', CONTACT_WORDS.slice(0, 1)) ?? byRule('contact', ruled.contact) ?? said('contact', CONTACT_WORDS.slice(1))
  const declaredTier = said('tier', ['blackstart.dev/tier']) ?? byRule('tier', ruled.tier === undefined ? undefined : String(ruled.tier))
  const guess = guessTier(place, members)
  const tier = declaredTier !== null && /^[0-3]$/.test(declaredTier) ? (Number(declaredTier) as Tier) : guess.tier
  const tierGuessed = declaredTier === null || !/^[0-3]$/.test(declaredTier)
  if (tierGuessed) found('tier', String(guess.tier), `guessed: ${guess.why}`, '')
  const needs = said('depends-on', ['blackstart.dev/depends-on'])
  const probe = said('probe', ['blackstart.dev/probe']) ?? byRule('probe', ruled.probe)
  const rto = said('rto', ['blackstart.dev/rto']) ?? byRule('rto', ruled.rto)
  return {
    id: serviceId(cluster, place),
    cluster,
    namespace: place.namespace,
    name: place.name,
    owner,
    tier,
    tierGuessed,
    contact,
    application: place.application,
    dependsOn: needs
      ? needs
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean)
      : (ruled.dependsOn ?? []),
    rtoMs: rto ? parseDuration(rto) : null,
    probe,
    because,
    members: members.map((one) => one.uid),
  }
}

export function serviceId(cluster: string, place: { readonly namespace: string; readonly name: string }): string {
  return `${cluster}/${place.namespace}/${place.name}`
}

/** A customary word is found under its own key or below any prefix, such as `example.com/team`. */
function wordOf(record: SlimRecord, key: string): { value: string; source: string } | null {
  for (const [where, bag] of [
    ['annotation', record.annotations],
    ['label', record.labels],
  ] as const) {
    for (const [name, value] of Object.entries(bag))
      if (value && (name === key || (!key.includes('/') && name.endsWith(`/${key}`)))) return { value, source: `${where} ${name}` }
  }
  return null
}

type Words = { owner?: string; contact?: string; tier?: Tier; rto?: string; dependsOn?: readonly string[]; probe?: string }

function catalogWords(members: readonly SlimRecord[], place: Place, catalog: Catalog): Words {
  const words: Words = {}
  for (const rule of catalog.rules) {
    const captured = members.map((one) => matches(rule.match, one, place.application)).find((one) => one !== null)
    if (!captured) continue
    const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => captured[name] ?? whole)
    if (rule.set.owner) words.owner = fill(rule.set.owner)
    if (rule.set.contact) words.contact = fill(rule.set.contact)
    if (rule.set.tier !== undefined) words.tier = rule.set.tier
    if (rule.set.rto) words.rto = rule.set.rto
    if (rule.set.probe) words.probe = fill(rule.set.probe)
    if (rule.set.dependsOn) words.dependsOn = rule.set.dependsOn.map(fill)
  }
  return words
}

function guessTier(place: Place, members: readonly SlimRecord[]): { tier: Tier; why: string } {
  if (place.namespace === 'kube-system' || PLATFORM.test(place.name) || PLATFORM.test(place.namespace))
    return { tier: 0, why: 'its name or namespace says platform' }
  if (members.some((one) => one.facts.is === 'claim' || one.kind === 'StatefulSet')) return { tier: 1, why: 'it keeps data' }
  if (members.some((one) => one.facts.is === 'ingress')) return { tier: 2, why: 'it is reached through an ingress' }
  return { tier: 3, why: 'nothing says more' }
}
