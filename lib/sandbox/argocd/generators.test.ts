import { expect, test } from 'vitest'
import { createManualClock } from '#lib/testing/manual-clock'
import { createStation } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import { sandboxRules } from '../ruleset.ts'
import { createSandboxApi } from '../sandbox-api.ts'
import { generate, instanceOf, render } from './generators.ts'
import { createGit } from './git.ts'
import { files } from './git-generators.ts'
import { UnsimulatedTemplate } from './go-functions.ts'
import { renderGo } from './go-template.ts'

const params = { path: { path: 'projects/a', basename: 'a', segments: ['projects', 'a'] }, env: 'prod', zones: ['x', 'y'], none: '' }

test.each([
  ['{{.path.basename}}-{{ .env }}', 'a-prod'],
  ['{{index .path.segments 0}}', 'projects'],
  ['{{if eq .env "dev" "prod"}}p{{else}}q{{end}}', 'p'],
  ['{{if eq .env "dev"}}1{{else if ne .env "prod"}}2{{else}}3{{end}}', '3'],
  ['{{with .none}}some{{else}}no{{end}}{{with .path}}{{.basename}}{{$.env}}{{end}}', 'noaprod'],
  ['{{range .zones}}{{.}};{{else}}none{{end}}', 'x;y;'],
  ['{{.none | default "d" | upper}} {{printf "%s-%q" .env .path.basename}}', 'D prod-"a"'],
  ['{{ternary "y" "n" (and (hasPrefix "pr" .env) (not .none))}}', 'y'],
  ['a {{- /* not said */ -}} b{{"}}"}}', 'ab}}'],
])('%s gives %s', (template, answer) => expect(renderGo(template, params, 'error')).toBe(answer))

test('a missing key is an error or no value, as the set asks; what is not simulated is refused', () => {
  expect(() => renderGo('{{.nothing}}', params, 'error')).toThrow('map has no entry for key "nothing"')
  expect(renderGo('{{.nothing}}{{.nothing | default "x"}}', params, 'default')).toBe('<no value>x')
  for (const template of ['{{$x := .env}}', '{{range $i, $z := .zones}}{{end}}', '{{genCA "a" 1}}', '{{template "a"}}'])
    expect(() => renderGo(template, params, 'error')).toThrow(UnsimulatedTemplate)
  for (const template of ['{{if .env}}', '{{end}}', '{{.env', '{{.env}} {{ (eq 1 1 }}'])
    expect(() => renderGo(template, params, 'error')).toThrow()
})

test('plain templates leave unknown names as they are', () => {
  const plain = { go: false, missing: 'default' } as const
  expect(render(['{{path}} {{path.basename}} {{path[1]}} {{ other }}'], params, plain)).toEqual(['projects/a a a {{ other }}'])
})

test('a templatePatch is laid over the template', () => {
  const templatePatch =
    'spec:\n  syncPolicy:\n    {{- if eq .env "prod" }}\n    automated: {prune: true}\n    {{- end }}\n    syncOptions: [A=b]\n'
  const template = { metadata: { name: '{{.env}}' }, spec: { project: 'p', syncPolicy: { syncOptions: ['C=d'] } } }
  const set = { spec: { goTemplate: true, template, templatePatch } } as unknown as Obj
  const spec = (env: string) => instanceOf(set, { env }).spec
  expect(spec('prod')).toEqual({ project: 'p', syncPolicy: { automated: { prune: true }, syncOptions: ['A=b'] } })
  expect(spec('dev')).toEqual({ project: 'p', syncPolicy: { syncOptions: ['A=b'] } })
})

test('files of a repository give one parameter set each, or one for each element of a list', () => {
  const git = createGit(() => 0)
  git.commit({
    message: 'm',
    paths: {},
    files: { 'shop/a/c.json': '{"env":"x"}', 'shop/b/c.json': '[{"env":"y"},{"env":"z"}]', 'other/c.json': '{}' },
  })
  const found = files(git, { files: [{ path: 'shop/*/c.json' }] })
  expect(found.map((each) => each.env)).toEqual(['x', 'y', 'z'])
  expect(found[0]?.path).toMatchObject({ path: 'shop/a', basename: 'a', filename: 'c.json', segments: ['shop', 'a'] })
  expect(files(git, { files: [{ path: 'shop/*' }, { path: 'shop/b/*', exclude: true }] })).toHaveLength(1)
})

function made(generators: unknown[]) {
  const api = createSandboxApi({ seed: 1, clock: createManualClock(0), rules: sandboxRules })
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const labels = { 'argocd.argoproj.io/secret-type': 'cluster', zone: 'x' }
  const data = { name: encode('far'), server: encode('https://far.test') }
  api.load('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'far', namespace: 'argocd', labels }, data })
  const station = createStation(api)
  const set = { spec: { goTemplate: true, goTemplateOptions: ['missingkey=error'], generators } } as unknown as Obj
  const found = generate(
    station,
    createGit(() => 0),
    set,
  )
  station.close()
  return found
}

test('clusters are chosen by label and carry values; without a selector the local one is among them', () => {
  const selector = { matchLabels: { zone: 'x' } }
  expect(made([{ clusters: { selector, values: { at: '{{.name}}-{{.metadata.labels.zone}}' } } }])).toMatchObject([
    { name: 'far', values: { at: 'far-x' } },
  ])
  expect(made([{ clusters: {} }])?.map((each) => each.name)).toEqual(['in-cluster', 'far'])
})

test('a matrix gives its second generator the parameters of the first; a merge overrides by key; a selector leaves out', () => {
  const list = (...elements: object[]) => ({ list: { elements } })
  expect(made([{ matrix: { generators: [list({ a: 1 }, { a: 2 }), { list: { elementsYaml: '[{b: "{{.a}}x"}]' } }] } }])).toEqual([
    { a: 1, b: '1x' },
    { a: 2, b: '2x' },
  ])
  expect(
    made([{ merge: { mergeKeys: ['k'], generators: [list({ k: 'a', v: 1 }, { k: 'b', v: 1 }), list({ k: 'b', v: 2 }, { k: 'c' })] } }]),
  ).toEqual([
    { k: 'a', v: 1 },
    { k: 'b', v: 2 },
  ])
  expect(
    made([{ ...list({ k: 'a' }, { k: 'b' }), selector: { matchExpressions: [{ key: 'k', operator: 'NotIn', values: ['a'] }] } }]),
  ).toEqual([{ k: 'b' }])
  expect(made([list({ k: 'a' }), { pullRequest: { github: {} } }])).toBeNull()
})
