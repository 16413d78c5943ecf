import { expect, test } from 'vitest'
import { jsonDiff } from './json-diff.ts'

test('names what differs by its pointer, and what one side lacks', () => {
  const was = { a: 1, 'b/c': { d: ['x', 'y'] }, gone: true, kind: 'list' }
  const becomes = { a: 1, 'b/c': { d: ['x', 'z', 'new'] }, kind: ['list'] }
  expect(jsonDiff(was, becomes)).toEqual([
    { path: '/b~1c/d/1', was: 'y', becomes: 'z' },
    { path: '/b~1c/d/2', was: '', becomes: 'new' },
    { path: '/gone', was: 'true', becomes: '' },
    { path: '/kind', was: 'list', becomes: '["list"]' },
  ])
  expect(jsonDiff(was, structuredClone(was))).toEqual([])
})
