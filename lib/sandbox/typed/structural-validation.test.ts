import { expect, test } from 'vitest'
import type { Schema } from './schema.ts'
import { fillDefaults } from './structural-defaults.ts'
import { structuralCauses } from './structural-validation.ts'
import { pruneUnknown } from './unknown-fields.ts'

const told = (schema: Schema, value: unknown) =>
  structuralCauses({ type: 'object', properties: { x: schema } }, { x: value }).map(({ field, message }) => `${field}: ${message}`)

test.each<[string, Schema, unknown, string[]]>([
  ['a wrong type', { type: 'string' }, 5, ['x: Invalid value: "integer": x in body must be of type string: "integer"']],
  ['a whole number where any is taken', { type: 'number' }, 5, []],
  [
    'a broken number where a whole one is wanted',
    { type: 'integer' },
    1.5,
    ['x: Invalid value: "number": x in body must be of type integer: "number"'],
  ],
  ['null where it may be', { type: 'string', nullable: true }, null, []],
  ['a word outside the list', { type: 'string', enum: ['a', 'b'] }, 'c', ['x: Unsupported value: "c": supported values: "a", "b"']],
  ['too little', { type: 'integer', minimum: 1 }, 0, ['x: Invalid value: 0: x in body should be greater than or equal to 1']],
  [
    'the bound itself, left out',
    { type: 'integer', maximum: 3, exclusiveMaximum: true },
    3,
    ['x: Invalid value: 3: x in body should be less than 3'],
  ],
  ['text that does not match', { type: 'string', pattern: '^a+$' }, 'b', ['x: Invalid value: "b": x in body should match \'^a+$\'']],
  ['text too long', { type: 'string', maxLength: 2 }, 'abc', ['x: Too long: may not be more than 2 bytes']],
  ['too many items', { type: 'array', maxItems: 1, items: { type: 'string' } }, ['a', 'b'], ['x: Too many: 2: must have at most 1 items']],
  [
    'an item of a wrong type',
    { type: 'array', items: { type: 'string' } },
    ['a', 1],
    ['x[1]: Invalid value: "integer": x[1] in body must be of type string: "integer"'],
  ],
  ['a field that must be there', { type: 'object', required: ['y'] }, {}, ['x.y: Required value']],
  [
    'a map by its values',
    { type: 'object', additionalProperties: { type: 'integer' } },
    { a: 'b' },
    ['x.a: Invalid value: "string": x.a in body must be of type integer: "string"'],
  ],
  [
    'none of the alternatives',
    { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    true,
    ['x: Invalid value: true: "x" must validate at least one schema (anyOf)'],
  ],
  [
    'a time that is none',
    { type: 'string', format: 'date-time' },
    'noon',
    ['x: Invalid value: "noon": x in body must be of type date-time: "noon"'],
  ],
  ['number or text', { 'x-kubernetes-int-or-string': true }, '50%', []],
])('%s', (_, schema, value, causes) => {
  expect(told(schema, value)).toEqual(causes)
})

test('unknown fields go, by path; known ones, open ones and what every object has stay', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          list: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  }
  const object = {
    apiVersion: 'v1',
    kind: 'K',
    metadata: { name: 'a' },
    spec: { list: [{ name: 'n', odd: 1 }], open: { any: 1 }, more: 2 },
  }
  expect(pruneUnknown(schema, object, '', true)).toEqual(['spec.list[0].odd', 'spec.more'])
  expect(object).toEqual({ apiVersion: 'v1', kind: 'K', metadata: { name: 'a' }, spec: { list: [{ name: 'n' }], open: { any: 1 } } })
})

test('defaults reach into what is there, and replace a null that may not be', () => {
  const schema: Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 1 }, sort: { type: 'string', default: 'a' } } } },
  }
  const filled = { spec: { size: null } }
  fillDefaults(schema, filled)
  expect(filled).toEqual({ spec: { size: 1, sort: 'a' } })
  const empty = {}
  fillDefaults(schema, empty)
  expect(empty).toEqual({})
})
