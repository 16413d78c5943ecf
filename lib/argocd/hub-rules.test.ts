import { expect, test } from 'vitest'
import type { SlimRecord } from '../cluster/schema.ts'
import { project } from '../inventory/rules.ts'
import { type Raw, raw, rawApplication, rawArgocd, rawWorkload } from '../testing/impact-stage.ts'
import { findInstances } from './find-instances.ts'
import { type Hub, hubTrouble, isDestination, type Reach, reaches, serves } from './hub-rules.ts'
import { applicationOf, lookAt } from './rules.ts'

const AT = '2026-03-01T02:13:00.000Z'
const spoke: Reach = { name: 'shop-eu', server: 'https://Eu.example.org:443/', declared: undefined }
const seen = (...objects: readonly Raw[]) => objects.map((one) => project(one, AT))

function workload(app: string): SlimRecord {
  const [found] = seen(rawWorkload('web', 'shop', { app }))
  if (!found) throw new Error('no workload')
  return found
}

function hub(objects: readonly Raw[], to = spoke, stale: string | null = null): Hub {
  const look = lookAt(seen(...objects))
  return { cluster: 'central', look, instances: findInstances(look), stale, reaches: (application) => reaches(application, to) }
}

const remote = (name: string, destination: object, more: object = {}) => rawApplication(name, 'argocd', { spec: { destination }, ...more })

test('a destination is a cluster by its address, by its name here, or by what was declared, and never the in-cluster words', () => {
  for (const word of ['shop-eu', 'https://eu.example.org', 'https://EU.example.org:443']) expect(isDestination(word, spoke)).toBe(true)
  for (const word of ['', 'in-cluster', 'https://kubernetes.default.svc', 'https://us.example.org', 'https://eu.example.org/clusters/2'])
    expect(isDestination(word, spoke)).toBe(false)
  const declared: Reach = { ...spoke, declared: { knownAs: ['eu-production', 'https://proxy.example.org/eu/'] } }
  expect(isDestination('eu-production', declared)).toBe(true)
  expect(isDestination('https://proxy.example.org/eu', declared)).toBe(true)
  expect(isDestination('in-cluster', { ...spoke, name: 'in-cluster' })).toBe(false)
})

test('tracking joins only to the Application that deploys there, though another of its name deploys elsewhere', () => {
  const elsewhere = hub([...rawArgocd('argocd'), remote('web', { server: 'https://us.example.org', namespace: 'shop' })])
  expect(hubTrouble(workload('web'), [elsewhere])?.why).toBe('Application web is gone from hub central')
  const here = hub([...rawArgocd('argocd'), remote('web', { name: 'shop-eu', namespace: 'shop' })])
  expect(hubTrouble(workload('web'), [here])).toBeNull()
})

test('a hub without controller, a deleting Application and a hub that is not read are three different answers', () => {
  const app = remote('web', { server: 'https://eu.example.org', namespace: 'shop' })
  const stopped = hub([...rawArgocd('argocd', 0), app])
  expect(hubTrouble(workload('web'), [stopped])).toMatchObject({
    unknown: false,
    why: 'no Argo CD controller runs in argocd on hub central',
  })
  const leaving = hub([
    ...rawArgocd('argocd'),
    remote('web', { server: 'https://eu.example.org', namespace: 'shop' }, { metadata: { deletionTimestamp: AT } }),
  ])
  expect(hubTrouble(workload('web'), [leaving])).toMatchObject({
    unknown: false,
    since: AT,
    why: 'Application web on hub central is being deleted',
  })
  const away = hub([...rawArgocd('argocd'), app], spoke, 'no answer for 70 s')
  expect(hubTrouble(workload('web'), [away])).toMatchObject({ unknown: true, why: expect.stringContaining('no answer for 70 s') })
})

test('a hub is known by what it deployed when it was whole, even when nothing of it is left', () => {
  const known = [{ namespace: 'argocd', version: '', components: [], destinations: ['https://eu.example.org'] }]
  expect(serves({ name: 'central', instances: [], known }, spoke)).toBe(true)
  expect(serves({ name: 'central', instances: [], known: [] }, spoke)).toBe(false)
  expect(serves({ name: 'central', instances: [], known: [] }, { ...spoke, declared: { hub: 'central', knownAs: [] } })).toBe(true)
})

test('of two Argo CDs with an Application of one name, the one that lists the object has it; a copied id has none', () => {
  const row = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }
  const [blue, green] = [rawApplication('web', 'argocd'), rawApplication('web', 'team-argocd', { status: { resources: [row] } })]
  const look = lookAt(seen(...rawArgocd('argocd'), ...rawArgocd('team-argocd'), blue, green))
  expect(applicationOf(look, workload('web'))?.namespace).toBe('team-argocd')
  expect(findInstances(look).map((one) => one.namespace)).toEqual(['argocd', 'team-argocd'])
  const id = 'argocd.argoproj.io/tracking-id'
  const [copied] = seen(
    raw('apps/v1', 'Deployment', 'other', 'shop', { metadata: { annotations: { [id]: 'web:apps/Deployment:shop/web' } } }),
  )
  expect(copied?.tracking).toBeNull()
})

test('an Application in any namespace is meant by its qualified name, and not its namesake in the home of Argo CD', () => {
  const [home, team] = [rawApplication('web', 'argocd'), rawApplication('web', 'team-a')]
  const look = lookAt(seen(...rawArgocd('argocd'), home, team))
  expect(applicationOf(look, workload('team-a_web'))?.namespace).toBe('team-a')
  expect(applicationOf(look, workload('web'))?.namespace).toBe('argocd')
})
