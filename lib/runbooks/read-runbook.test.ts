import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadRunbooks } from './load-runbooks.ts'
import { readRunbook } from './read-runbook.ts'
import { runbookJsonSchema } from './write-json-schema.ts'

const HEAD = `apiVersion: blackstart.dev/v1
kind: Runbook
metadata: { name: sample }
spec:
  title: Sample
  sets:
    apps: { kind: Application, expect: { max: 10 } }
    loose: { kind: Application }
  steps:
`
const read = (steps: string) => readRunbook(HEAD + steps, 'sample.yaml')

test.each([
  ['    - { id: a, confirm: Done?, colour: red }\n', 10, /colour/],
  ['    - { id: a, do: { removeFinalizers: { set: apps, only: [x] } } }\n', 10, /needs verify/],
  ['    - { id: a, do: { setReclaimPolicy: { set: loose, to: Retain } }, verify: { gone: apps } }\n', 10, /no upper bound/],
  ['    - { id: a, check: { every: apps, is: "object.x ==" } }\n', 10, /not CEL/],
  ['    - { id: a, check: { every: nothing, is: "true" } }\n', 10, /no set nothing/],
  [
    '    - { id: a, confirm: Done? }\n    - { id: b, needs: [c], confirm: Done? }\n    - { id: c, needs: [b], confirm: Done? }\n',
    11,
    /can never start/,
  ],
  ['    - { id: a, confirm: Done? }\n    - { id: a, confirm: Done? }\n', 10, /two steps/],
  ['    - { id: a, ask: Which?, answers: { yes: nowhere, no: null } }\n', 10, /no step nowhere/],
  ['    - { id: a, runbook: other }\n', 10, /not supported in this release/],
  [
    '    - { id: a, ask: Which?, answers: { yes: null, no: null }, verify: { gone: apps } }\n',
    10,
    /verify means nothing for a step of kind ask/,
  ],
  ['    - { id: a, confirm: Done?, approval: { count: 1 } }\n', 10, /approval means nothing/],
  ['    - { id: a, confirm: Done?, holds: run }\n', 10, /no check that could hold/],
  ['    - { id: a, check: { gone: apps }, emergency: { why: w, do: { delete: { set: loose } } } }\n', 10, /no upper bound.*emergency/],
  ['    - { id: a, check: { promql: up } }\n', 10, /./],
  ['    - { id: a, confirm: Done?\n', 11, /./],
])('what is wrong is told with its line: %s', (steps, line, says) => {
  const file = read(steps)
  expect(file.document).toBeNull()
  const found = file.problems.find((problem) => says.test(problem.message))
  expect(found, JSON.stringify(file.problems)).toBeDefined()
  expect(found?.line).toBe(line)
})

test('the runbooks that we ship have nothing wrong', async () => {
  for (const file of await loadRunbooks(['runbooks']).all()) expect([file.name, file.problems]).toEqual([file.name, []])
})

test('a broken runbook is told, and the others go on', async () => {
  const all = await loadRunbooks(['runbooks', 'runbooks']).all()
  expect(all[0]?.document).not.toBeNull()
  expect(all.at(-1)?.problems[0]?.message).toMatch(/same name/)
})

test('the published JSON Schema is the one of this release', () => {
  expect(JSON.parse(readFileSync('public/runbook.schema.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(runbookJsonSchema())))
})
