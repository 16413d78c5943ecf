import { expect, test } from 'vitest'
import { project } from '../inventory/rules.ts'
import { dict, list } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { credentialsOf } from './credentials-rules.ts'

const LISTS = ['apps.v1.deployments', 'apps.v1.statefulsets', 'argoproj.io.v1alpha1.applications']
const platform = LISTS.flatMap((file) => {
  const body = dict(readGolden(`baseline/lists/${file}.json.gz`))
  const kind = String(body.kind).replace(/List$/, '')
  return list(body.items).map((one) => project({ ...dict(one), apiVersion: body.apiVersion, kind }, '2026-11-22T10:30:00Z'))
})

test('what no record gives back is asked for by name', () => {
  expect(credentialsOf(platform, 'argocd')).toEqual({
    secrets: 'argocd-redis, argocd-secret',
    repositories: 'http://127.0.0.1:13000/acme/apps.git',
    clusters: 'none',
  })
})
