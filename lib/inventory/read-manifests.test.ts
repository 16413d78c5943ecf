import { expect, test } from 'vitest'
import { at } from '../kernel/wire.ts'
import { readManifests } from './read-manifests.ts'

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: n\n'

function read(source: string) {
  const said = readManifests(source)
  return said.ok ? said.value : said.error
}

test('documents, lists and JSON are read with the line each object begins at', () => {
  const listed = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: { name: s }\n- ${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } })}\n`
  const found = read(`# a file\n---\n${MAP}---\n${listed}---\n`)
  expect(found.map((one) => ('object' in one ? [one.line, one.object.kind, at(one.object, 'metadata', 'name')] : one))).toEqual([
    [3, 'ConfigMap', 'a'],
    [12, 'Service', 's'],
    [15, 'Pod', 'p'],
  ])
  const json = { apiVersion: 'apps/v1', kind: 'DeploymentList', items: [{ metadata: { name: 'd' } }] }
  expect(read(JSON.stringify(json))).toMatchObject([{ object: { apiVersion: 'apps/v1', kind: 'Deployment' } }])
})

test('several documents of JSON are several objects', () => {
  const one = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
  expect(read(`${one('a')}\n---\n${one('b')}\n---\n${MAP}`)).toHaveLength(3)
  expect(read(`${one('a')}\n${one('b')}\n`)).toMatchObject([{ line: 2, message: expect.stringMatching(/not YAML/) }])
})

test('a marker inside a text does not end a document', () => {
  const found = read(`${MAP}data:\n  script: |\n    ---\n    still: here\n`)
  expect(found).toMatchObject([{ object: { data: { script: '---\nstill: here\n' } } }])
})

const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`

test.each([
  ['what is no YAML', `${MAP}data: [unclosed\n`, 7, /not YAML/],
  ['a field twice', `${MAP}kind: Secret\n`, 6, /kind stands twice/],
  ['aliases that multiply', `${MAP}data:\n${bomb.replace(/^/gm, '  ')}`, 1, /cannot be read|alias/],
  ['a tag that makes something', `${MAP}data: !!js/function 'return 1'\n`, 6, /not YAML/],
  ['no apiVersion', `---\n${MAP}---\nkind: Service\nmetadata: { name: a }\n`, 8, /apiVersion/],
  ['no kind', 'apiVersion: v1\nmetadata: { name: a }\n', 1, /kind/],
  ['no name', 'apiVersion: v1\nkind: Service\nmetadata: { generateName: a- }\n', 1, /metadata.name/],
  ['a name that is a path', 'apiVersion: v1\nkind: Service\nmetadata: { name: ../../x }\n', 1, /metadata.name/],
  ['a namespace that is a path', 'apiVersion: v1\nkind: Service\nmetadata: { name: x, namespace: a/b }\n', 1, /namespace/],
  ['a value that no JSON holds', `${MAP}data: { a: .inf }\n`, 1, /JSON does not have/],
  ['a doubtful field', `${MAP}data: { __proto__: { polluted: yes } }\n`, 1, /__proto__/],
  ['depth without end', `${MAP}data: ${'['.repeat(3_000)}${']'.repeat(3_000)}\n`, 6, /YAML/],
  ['just text', 'hello\n', 1, /not a Kubernetes object/],
])('%s is refused with its line and what to do', (_what, source, line, message) => {
  const said = readManifests(source)
  expect(said.ok ? said.value : said.error[0]).toMatchObject({ line, message: expect.stringMatching(message) })
  expect(Object.prototype).not.toHaveProperty('polluted')
})
