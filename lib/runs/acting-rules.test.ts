import { expect, test } from 'vitest'
import { ClusterEntry } from '../cluster/schema.ts'
import { actingForbidden, actionsOf, identityFor, identityForbidden } from './acting-rules.ts'

const cluster = (more: object) => ClusterEntry.parse({ name: 'prod-eu', ...more })

test('live clusters are only looked at unless somebody says otherwise', () => {
  expect(actionsOf(cluster({}))).toBe('off')
  expect(actingForbidden(cluster({}), 'incident')).toMatch(/Actions are off for prod-eu/)
  expect(actingForbidden(cluster({ actions: 'on' }), 'incident')).toMatch(/set its `identity`/)
  expect(actingForbidden(cluster({ actions: 'on', identity: 'account' }), 'incident')).toBe('')
})

test('a drill never touches a live cluster, nor an incident run a drill cluster, nor a tabletop any', () => {
  expect(actingForbidden(cluster({ actions: 'on', identity: 'account' }), 'drill')).toMatch(/never touches a live cluster/)
  expect(actingForbidden(cluster({ mode: 'drill' }), 'incident')).toMatch(/never touches a drill cluster/)
  expect(actingForbidden(cluster({ mode: 'drill' }), 'tabletop')).toMatch(/touches no cluster/)
  expect(actingForbidden(cluster({ mode: 'drill' }), 'drill')).toBe('')
})

test.each([
  [null, ''],
  [{ user: 'anna@example.org', groups: ['sre'] }, ''],
  [{ user: 'system:admin', groups: [] }, 'system:admin'],
  [{ user: 'anna', groups: ['system:masters'] }, 'system:masters'],
  [{ user: '', groups: [] }, 'no name'],
])('acting as %j', (identity, named) => {
  expect(identityForbidden(identity)).toContain(named)
  expect(identityForbidden(identity) === '').toBe(named === '')
})

test('a person acts under the name that the mapping gives, in no group that it does not name', () => {
  const anna = { kind: 'person', id: 'anna', name: 'Anna', email: 'anna@example.org', roles: ['operator'] } as const
  expect(identityFor({ identity: { user: '${email}', groups: 'sre,${groups}' } }, anna)).toEqual({
    user: 'anna@example.org',
    groups: ['sre', 'blackstart:operator'],
  })
  expect(identityFor({ identity: { user: 'oidc:${id}' } }, { ...anna, email: null })).toEqual({ user: 'oidc:anna', groups: [] })
  expect(identityFor({ identity: 'account' }, anna)).toBeNull()
})
