import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lookAt } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { openPlayer, readRecording } from '../testing/golden-player.ts'
import { NO_CATALOG, readCatalog } from './read-catalog.ts'
import { describeService, ephemeralBecause, isWorkload, matches, placeOf } from './rules.ts'
import { catalogJsonSchema } from './schema.ts'

const player = openPlayer(readRecording(join(import.meta.dirname, '../../tests/golden/scenarios/argocd-namespace-deleted')), 'prod')
const look = player.inventory

function find(kind: string, namespace: string, name: string): SlimRecord {
  const found = look.find(kind, namespace, name)
  if (!found) throw new Error(`no ${kind} ${name}`)
  return found
}

function untracked(record: SlimRecord, more: Partial<SlimRecord> = {}): SlimRecord {
  return { ...record, tracking: null, annotations: {}, labels: {}, ...more }
}

test('every tracked workload belongs to the service of its Application, claims and volumes follow their workload', () => {
  for (const one of look.all())
    if (isWorkload(one) && one.tracking) expect(placeOf(one, look)).toMatchObject({ name: one.tracking.app, namespace: one.namespace })
  const claim = find('PersistentVolumeClaim', 'payments-prod', 'data-ledger-db-0')
  expect(placeOf(claim, look)?.name).toBe('ledger-prod')
  const volume = claim.facts.is === 'claim' ? find('PersistentVolume', '', claim.facts.volume) : claim
  expect(placeOf(volume, look)?.name).toBe('ledger-prod')
})

test.each([
  [
    'an own annotation wins',
    {
      annotations: { 'blackstart.dev/service': 'billing', 'backstage.io/kubernetes-id': 'x' },
      labels: { 'app.kubernetes.io/part-of': 'y' },
    },
    'billing',
  ],
  [
    'then Backstage',
    { annotations: { 'backstage.io/kubernetes-id': 'catalog-x' }, labels: { 'app.kubernetes.io/part-of': 'y' } },
    'catalog-x',
  ],
  [
    'then part-of',
    { labels: { 'app.kubernetes.io/part-of': 'suite', 'app.kubernetes.io/instance': 'i', 'app.kubernetes.io/name': 'n' } },
    'suite',
  ],
  ['then instance', { labels: { 'app.kubernetes.io/instance': 'i', 'app.kubernetes.io/name': 'n' } }, 'i'],
  ['then name', { labels: { 'app.kubernetes.io/name': 'n' } }, 'n'],
  ['then its own', {}, 'ledger'],
] as const)('%s', (_title, more, name) => {
  const record = untracked(find('Deployment', 'payments-prod', 'ledger'), more)
  expect(placeOf(record, lookAt([record]))?.name).toBe(name)
})

test('Argo CD itself is no service, and neither are its own objects', () => {
  expect(placeOf(find('Deployment', 'argocd', 'argocd-server'), look)).toBeNull()
  expect(placeOf(find('Application', 'argocd', 'ledger-prod'), look)).toBeNull()
})

test('services.yaml adds by rule, with captured words; later rules win, and evidence tells which', () => {
  const read = readCatalog(
    'rules:\n  - match: { namespace: "payments-{env}" }\n    set: { contact: "#payments-{env}", tier: 2 }\n  - match: { kind: StatefulSet }\n    set: { tier: 0, rto: 45m }\n',
  )
  expect(read.ok).toBe(true)
  const members = [find('Deployment', 'payments-prod', 'ledger'), find('StatefulSet', 'payments-prod', 'ledger-db')]
  const first = members[0]
  const place = first && placeOf(first, look)
  const service = place && describeService('prod', place, members, look, read.ok ? read.value : NO_CATALOG)
  expect(service).toMatchObject({
    id: 'prod/payments-prod/ledger-prod',
    contact: '#payments-prod',
    tier: 0,
    tierGuessed: false,
    owner: 'payments',
    rtoMs: 2_700_000,
    probe: null,
    application: 'ledger-prod',
  })
  expect(service?.because.find((one) => one.what === 'tier')?.source).toBe('services.yaml')
})

test('an undeclared tier is guessed and says so', () => {
  const tierOf = (kind: string, namespace: string, name: string) => {
    const record = find(kind, namespace, name)
    const place = placeOf(record, look)
    return place && describeService('prod', place, [record], look, NO_CATALOG)
  }
  expect(tierOf('Deployment', 'platform-cert-manager', 'cert-manager')).toMatchObject({ tier: 0, tierGuessed: true })
  expect(tierOf('StatefulSet', 'payments-prod', 'ledger-db')).toMatchObject({ tier: 1, tierGuessed: true })
  expect(tierOf('Deployment', 'shop-dev', 'cart')).toMatchObject({ tier: 3, tierGuessed: true })
})

test('a bad services.yaml is refused with the place', () => {
  const read = readCatalog('rules:\n  - match: { nmespace: x }\n    set: { tier: 7 }\n')
  expect(read.ok).toBe(false)
  expect(!read.ok && read.error.message).toContain('services.yaml:2:14: rules[0].match.nmespace: there is no such field')
})

test('what a rule calls ephemeral is, and globs match whole names', () => {
  const catalog = readCatalog('ephemeral:\n  - match: { namespace: "pr-*" }\n')
  const record = untracked(find('Deployment', 'payments-prod', 'ledger'))
  const value = catalog.ok ? catalog.value : NO_CATALOG
  const nothing = { fromPullRequest: () => false, isPassingClaim: () => false }
  const why = (one: SlimRecord) => ephemeralBecause(one, value, nothing)
  expect(why({ ...record, namespace: 'pr-12' })).toBe('services.yaml calls namespace pr-* ephemeral')
  expect(why({ ...record, namespace: 'a-pr-12' })).toBeNull()
  expect(why(record)).toBeNull()
  expect(matches({ namespace: 'team-{team}-*' }, { ...record, namespace: 'team-search-prod' })).toEqual({ team: 'search' })
})

test('a rule about a namespace is also about the Namespace, the volumes of its claims and the Applications that deploy there', () => {
  const match = { namespace: 'payments-*' }
  const claim = find('PersistentVolumeClaim', 'payments-prod', 'data-ledger-db-0')
  const fits = [
    find('Namespace', '', 'payments-prod'),
    find('PersistentVolume', '', claim.facts.is === 'claim' ? claim.facts.volume : ''),
    find('Application', 'argocd', 'ledger-prod'),
    claim,
  ]
  for (const record of fits) expect(matches(match, record), record.kind).not.toBeNull()
  expect(matches(match, find('Namespace', '', 'shop-dev'))).toBeNull()
  expect(matches(match, find('Application', 'argocd', 'cart-dev'))).toBeNull()
})

test('a rule about an Application is about it and about what it tracks', () => {
  const match = { application: 'ledger-*' }
  expect(matches(match, find('Application', 'argocd', 'ledger-prod'))).not.toBeNull()
  expect(matches(match, find('Deployment', 'payments-prod', 'ledger'))).not.toBeNull()
  expect(matches(match, find('Application', 'argocd', 'cart-dev'))).toBeNull()
})

test('the published JSON Schema of services.yaml is the one of this code', () => {
  expect(JSON.parse(readFileSync('public/services.schema.json', 'utf8'))).toEqual(catalogJsonSchema())
})

test('a wrong rule is told with its line and column', () => {
  const wrong = readCatalog('rules:\n  - match: { namespace: shop }\n    set:\n      tier: 7\n')
  expect(wrong).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/^services\.yaml:4:13: rules\[0\]\.set\.tier: write 0 or 1 or 2 or 3$/) },
  })
  const unknown = readCatalog('rules:\n  - match: { namespace: shop }\n    sets: { tier: 1 }\n')
  expect(unknown).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/^services\.yaml:3:\d+: rules\[0\]\.sets: there is no such field/m) },
  })
})
