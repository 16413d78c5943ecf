import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contains, merged } from './compare.ts'

const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'name'),
  fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 3 }), fc.dictionary(fc.constantFrom('x', 'y'), fc.string())),
  { maxKeys: 4 },
)

test('what git says is there after it was written over anything, and nothing else is lost', () => {
  fc.assert(
    fc.property(json, json, (live, desired) => {
      const next = merged(live, desired) as Record<string, unknown>
      expect(contains(next, desired, false)).toBe(true)
      for (const key of Object.keys(live)) if (!(key in desired)) expect(next[key]).toEqual(live[key])
      expect(merged(next, desired)).toEqual(next)
    }),
  )
})

test('defaults of the server are no difference, a changed value or a missing element is', () => {
  const live = { spec: { replicas: 2, containers: [{ name: 'a', image: 'i:1', resources: {} }] } }
  expect(contains(live, { spec: { containers: [{ name: 'a', image: 'i:1' }] } })).toBe(true)
  expect(contains(live, { spec: { containers: [{ name: 'a', image: 'i:2' }] } })).toBe(false)
  expect(contains(live, { spec: { containers: [{ name: 'a', image: 'i:1' }, { name: 'b' }] } })).toBe(false)
})
