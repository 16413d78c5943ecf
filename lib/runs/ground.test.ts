import { expect, test } from 'vitest'
import { at, dict, list, text } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { impersonationRemedy } from './ground.ts'

test('of all refusals of a real API server, only those of impersonation name what to grant', () => {
  const messages = list(dict(readGolden('protocol/authorization.json.gz')).exchanges)
    .filter((one) => at(one, 'response', 'status') === 403)
    .map((one) => text(at(one, 'response', 'body', 'message')))
  const account = (name: string) => `User "system:serviceaccount:authz-test:${name}" cannot impersonate`
  expect(messages.filter((message) => impersonationRemedy(message) !== '')).toEqual([
    `users "otto" is forbidden: ${account('rescuer')} resource "users" in API group "" at the cluster scope`,
    `groups "system:masters" is forbidden: ${account('rescuer')} resource "groups" in API group "" at the cluster scope`,
    `configmaps is forbidden: ${account('limited')}-on:user-info:list resource "configmaps" in API group "" in the namespace "authz-test"`,
  ])
  expect(messages.length).toBeGreaterThan(10)
})
