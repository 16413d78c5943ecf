import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createManualClock } from '#lib/testing/manual-clock'
import type { Obj } from '../port.ts'
import { sandboxRules } from '../ruleset.ts'
import { createSandboxApi } from '../sandbox-api.ts'
import { loadDefaultRoles } from './load-roles.ts'

const LISTS = new URL('../../../tests/golden/baseline/lists/', import.meta.url)

test.each(['clusterroles', 'clusterrolebindings'])('the default %s are those of the recorded server', (plural) => {
  const api = createSandboxApi({ seed: 1, clock: createManualClock(0), rules: sandboxRules })
  loadDefaultRoles(api, '2026-11-22T02:00:00Z')
  const file = readFileSync(new URL(`rbac.authorization.k8s.io.v1.${plural}.json.gz`, LISTS))
  const recorded: Obj[] = JSON.parse(gunzipSync(file).toString()).items
  const said = ({ metadata, rules, roleRef, subjects, aggregationRule }: Obj) => ({
    name: metadata.name,
    labels: metadata.labels,
    annotations: metadata.annotations,
    rules: rules ?? [],
    roleRef,
    subjects,
    aggregationRule,
  })
  const defaults = recorded.filter(
    (each) => each.metadata.labels?.['kubernetes.io/bootstrapping'] === 'rbac-defaults' && !each.metadata.name.includes('openshift'),
  )
  const loaded = api.list(`${plural}.rbac.authorization.k8s.io`).map(said)
  expect(loaded.length).toBeGreaterThan(50)
  const expected = defaults.map((each) => (plural === 'clusterroles' ? said(each) : { ...said(each), rules: [] }))
  expect(loaded).toEqual(expected)
})
