import fc from 'fast-check'
import fastJsonPatch, { type Operation } from 'fast-json-patch'
import { expect, test } from 'vitest'
import { recognize } from './actions/recognize-rules.ts'
import type { ActItem } from './entry-schema.ts'
import { ABSENT, changeOf, compareChange, patchFor, readPath, sameJson, writePath } from './pointer-rules.ts'

const value = fc.jsonValue({ maxDepth: 2 }).filter((one) => one !== null)
const spec = fc.record({ a: fc.record({ b: value }, { requiredKeys: [] }), replicas: fc.nat(5) }, { requiredKeys: [] })
const object = spec.map((one) => ({ metadata: { uid: 'u' }, spec: one as Record<string, unknown> }))
const path = fc.constantFrom('/spec/a/b', '/spec/replicas', '/spec/c/d/e', '/metadata/annotations/blackstart.dev~1frozen')

test('a patch does what its change says, and taking it back gives exactly what was there', () => {
  fc.assert(
    fc.property(object, path, fc.oneof(value, fc.constant(ABSENT)), (was, where, to) => {
      const change = changeOf(was, where, to)
      const done = fastJsonPatch.applyPatch(structuredClone(was), patchFor(was, 'u', [change]) as Operation[], true).newDocument
      expect(readPath(done, where)).toEqual(to === ABSENT ? ABSENT : to)
      const words = compareChange(done, change)
      expect(words === 'done' || (change.oldAbsent === change.newAbsent && sameJson(change.old, change.new))).toBe(true)
      const before = readPath(was, where)
      const back = fastJsonPatch.applyPatch(
        structuredClone(done),
        patchFor(done, 'u', [changeOf(done, where, before)]) as Operation[],
        true,
      ).newDocument
      expect(readPath(back, where)).toEqual(before)
    }),
  )
})

test('a patch is refused when the object is another one, or the value has moved', () => {
  const was = { metadata: { uid: 'u' }, spec: { replicas: 2 } }
  const patch = patchFor(was, 'u', [changeOf(was, '/spec/replicas', 0)]) as Operation[]
  for (const other of [{ metadata: { uid: 'v' }, spec: { replicas: 2 } }, writePath(was, '/spec/replicas', 3)])
    expect(() => fastJsonPatch.applyPatch(structuredClone(other), patch, true)).toThrow()
})

const item = (some: Partial<ActItem>): ActItem => ({
  key: 'k',
  verb: 'patch',
  object: { apiVersion: 'v1', kind: 'X', namespace: '', name: 'x', uid: 'u' },
  path: '',
  changes: [{ path: '/spec/replicas', old: 2, new: 0 }],
  ledger: [],
  ...some,
})
test.each([
  ['a patched value that is as written', item({}), { metadata: { uid: 'u' }, spec: { replicas: 0 } }, 'done'],
  ['one that is as before', item({}), { metadata: { uid: 'u' }, spec: { replicas: 2 } }, 'not-done'],
  ['one that is something else', item({}), { metadata: { uid: 'u' }, spec: { replicas: 7 } }, 'foreign'],
  ['another object of that name', item({}), { metadata: { uid: 'v' }, spec: { replicas: 0 } }, 'foreign'],
  [
    'finalizers taken off an object that is gone',
    item({ changes: [{ path: '/metadata/finalizers', old: ['f'], new: null, newAbsent: true }] }),
    null,
    'done',
  ],
  ['a deletion under way', item({ verb: 'delete' }), { metadata: { uid: 'u', deletionTimestamp: 'now' } }, 'done'],
  ['a deletion not begun', item({ verb: 'delete' }), { metadata: { uid: 'u' } }, 'not-done'],
  ['a creation of ours', item({ verb: 'create' }), { metadata: { uid: 'w', annotations: { 'blackstart.dev/act': 'act' } } }, 'done'],
  ['a creation by somebody else', item({ verb: 'create' }), { metadata: { uid: 'w' } }, 'foreign'],
  ['a creation that did not happen', item({ verb: 'create' }), null, 'not-done'],
  [
    'a sync that runs for us',
    item({ verb: 'sync' }),
    { metadata: { uid: 'u' }, status: { operationState: { operation: { info: [{ name: 'blackstart.dev/act', value: 'act' }] } } } },
    'done',
  ],
  ['a sync that somebody else runs', item({ verb: 'sync' }), { metadata: { uid: 'u' }, operation: { sync: {} } }, 'foreign'],
] as const)('%s is recognized', (_what, one, fresh, word) => {
  expect(recognize(one, fresh, 'act')).toBe(word)
})
