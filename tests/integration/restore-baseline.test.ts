import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chooseKinds } from '../../lib/inventory/kinds.ts'
import { keptManifest } from '../../lib/inventory/manifest.ts'
import { sanitize } from '../../lib/inventory/sanitize-rules.ts'
import { type Dict, dict, list, text } from '../../lib/kernel/wire.ts'
import { applyOrder } from '../../lib/runs/kind-rules.ts'
import { isRestorable } from '../../lib/runs/restore-rules.ts'
import { sandboxRules } from '../../lib/sandbox/ruleset.ts'
import { createSandboxApi } from '../../lib/sandbox/sandbox-api.ts'
import { readGolden } from '../../lib/testing/golden-wire.ts'
import { createManualClock } from '../../lib/testing/manual-clock.ts'

type Row = { group: string; version: string; resource: string; kind: string; scope: string; verbs: string[]; file: string }

const index = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/baseline/index.json'), 'utf8')) as { lists: Row[] }
const served = index.lists.map((row) => ({
  group: row.group,
  version: row.version,
  kind: row.kind,
  plural: row.resource,
  namespaced: row.scope === 'Namespaced',
  verbs: row.verbs,
  file: row.file,
}))
const tracked = new Set(['certs.acme.test/Certificate'])

/** Every object of a kind that history keeps whole, as the real API server listed it. */
function recorded(): { resource: string; object: Dict }[] {
  return chooseKinds(served, { tracked, collect: [], secrets: 'none' })
    .filter((kind) => kind.depth === 'full')
    .flatMap((kind) => {
      const file = served.find((one) => one.plural === kind.plural && one.group === kind.group && one.version === kind.version)?.file
      const items = list(dict(readGolden(`baseline/${file}`)).items).map(dict)
      const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
      const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
      return items.map((one) => ({ resource, object: { apiVersion, kind: kind.kind, ...one } }))
    })
}

test('every object of the recorded platform, kept and sanitized, can be created anew', async () => {
  const clock = createManualClock(Date.parse('2026-11-22T12:00:00Z'))
  const api = createSandboxApi({ seed: 1, clock, rules: sandboxRules })
  const all = recorded().filter(({ object }) => isRestorable(object))
  expect(new Set(all.map((one) => one.resource)).size).toBeGreaterThanOrEqual(25)
  const order = all.toSorted((a, b) => applyOrder(text(a.object.kind)) - applyOrder(text(b.object.kind)))
  const refused: string[] = []
  let created = 0
  for (const { resource, object } of order) {
    const clean = sanitize(keptManifest(object)) as Parameters<typeof api.create>[1]
    const { name = '', namespace = '' } = clean.metadata
    if (api.get(resource, namespace, name)) continue
    try {
      api.create(resource, clean, 'test')
      created++
      if (resource.startsWith('customresourcedefinitions')) clock.advance(1_000)
    } catch (error) {
      refused.push(`${resource} ${namespace}/${name}: ${(error as Error).message}`)
    }
  }
  expect(refused).toEqual([])
  expect(created).toBeGreaterThan(500)
})

/** Fields by which a real server answers 4xx or 5xx on create, or which it takes for another object's life. */
test('nothing that an API server sets itself is left in any of them', () => {
  for (const { object } of recorded()) {
    const clean = sanitize(keptManifest(object))
    const metadata = dict(clean.metadata)
    const where = `${text(object.kind)} ${text(metadata.namespace)}/${text(metadata.name)}`
    for (const field of [
      'uid',
      'resourceVersion',
      'generation',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      'managedFields',
      'ownerReferences',
      'finalizers',
      'selfLink',
      'generateName',
    ])
      expect(metadata[field], `${where} ${field}`).toBeUndefined()
    expect(clean.status, where).toBeUndefined()
    const spec = dict(clean.spec)
    if (object.kind === 'Service') expect([undefined, 'None'], where).toContain(spec.clusterIP)
    if (object.kind === 'PersistentVolume') expect(dict(spec.claimRef).uid, where).toBeUndefined()
  }
})
