import { expect, test } from 'vitest'
import type { PreviewView } from '#lib/runs/view'
import { countKinds } from './words.ts'

function rows(...kinds: string[]): PreviewView['dryRun'] {
  return kinds.map((kind, at) => ({
    object: { apiVersion: 'v1', kind, namespace: '', name: `n${at}` },
    verb: 'patch',
    diff: [],
    answer: '',
    ok: true,
  }))
}

test('one kind is counted by the whole set, even where only some rows are shown', () => {
  expect(countKinds({ dryRun: rows('Application'), total: 57 })).toBe('57 Applications')
})

test('two kinds are both named', () => {
  expect(countKinds({ dryRun: rows('Deployment', 'Deployment', 'StatefulSet'), total: 3 })).toBe('2 Deployments and 1 StatefulSet')
})

test('many kinds are objects, and kinds get their plural', () => {
  expect(countKinds({ dryRun: rows('Role', 'Secret', 'Service'), total: 26 })).toBe('26 objects')
  expect(countKinds({ dryRun: rows('NetworkPolicy'), total: 2 })).toBe('2 NetworkPolicies')
  expect(countKinds({ dryRun: rows('Ingress'), total: 2 })).toBe('2 Ingresses')
})
