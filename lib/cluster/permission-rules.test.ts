import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { missingRole } from './permission-rules.ts'

const answer = (verb: string, resource: string, allowed: boolean) => ({ verb, resource, allowed, needed: 'see it' })

test('the role holds exactly what is missing, with group, subresource and verbs', () => {
  const role = missingRole('prod-eu', [
    answer('list', 'pods', true),
    answer('list', 'configmaps', false),
    answer('watch', 'configmaps', false),
    answer('patch', 'statefulsets/scale.apps', false),
    answer('patch', 'deployments/scale.apps', false),
  ])
  expect(parse(role ?? '')).toEqual({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'blackstart-missing' },
    rules: [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] },
      { apiGroups: ['apps'], resources: ['statefulsets/scale', 'deployments/scale'], verbs: ['patch'] },
    ],
  })
})

test('an account that may do everything needs no role', () => {
  expect(missingRole('prod-eu', [answer('list', 'pods', true)])).toBeNull()
})
