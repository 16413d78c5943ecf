import { expect, test } from 'vitest'
import { builtInSchema } from './built-in-types.ts'
import { duplicateFields } from './duplicate-fields.ts'
import { decodingError } from './go-decode.ts'

function decode(apiVersion: string, kind: string, value: unknown): string | null {
  const schema = builtInSchema({ apiVersion, kind })
  if (!schema) throw new Error(`the table has no ${kind}`)
  return decodingError(schema, value, { struct: kind, path: '' })
}
const pod = (container: object) => ({ spec: { template: { spec: { containers: [container] } } } })
const of = (what: string, where: string, type: string) => `json: cannot unmarshal ${what} into Go struct field ${where} of type ${type}`

test.each<[string, string, string, unknown, string | null]>([
  ['a number in a ConfigMap', 'v1', 'ConfigMap', { data: { a: 1 } }, of('number', 'ConfigMap.data', 'string')],
  ['text for a count', 'apps/v1', 'Deployment', { spec: { replicas: 'x' } }, of('string', 'DeploymentSpec.spec.replicas', 'int32')],
  ['half a replica', 'apps/v1', 'Deployment', { spec: { replicas: 1.5 } }, of('number 1.5', 'DeploymentSpec.spec.replicas', 'int32')],
  ['text for a struct', 'apps/v1', 'Deployment', { spec: 'x' }, of('string', 'Deployment.spec', 'v1.DeploymentSpec')],
  [
    'one container for a list',
    'apps/v1',
    'Deployment',
    { spec: { template: { spec: { containers: {} } } } },
    of('object', 'PodSpec.spec.template.spec.containers', '[]v1.Container'),
  ],
  [
    'a number for an image',
    'apps/v1',
    'Deployment',
    pod({ image: 1 }),
    of('number', 'Container.spec.template.spec.containers.image', 'string'),
  ],
  ['a bare number for a quantity', 'apps/v1', 'Deployment', pod({ resources: { limits: { cpu: 1 } } }), null],
  [
    'what is no quantity',
    'apps/v1',
    'Deployment',
    pod({ resources: { limits: { cpu: 'one' } } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  ['what is no base64', 'v1', 'Secret', { data: { k: '%%%' } }, 'illegal base64 data at input byte 0'],
  ['base64 cut short', 'v1', 'Secret', { data: { k: 'YQ' } }, 'illegal base64 data at input byte 0'],
  ['a port by name or number', 'v1', 'Service', { spec: { ports: [{ port: 80, targetPort: 'web' }] } }, null],
  ['nulls and fields that are not known', 'v1', 'ConfigMap', { data: null, odd: 5 }, null],
  [
    'a schema that holds itself',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { spec: { versions: [{ schema: { openAPIV3Schema: { properties: { a: { type: 5 } } } } }] } },
    of('number', 'JSONSchemaProps.spec.versions.schema.openAPIV3Schema.properties.type', 'string'),
  ],
])('%s', (_, apiVersion, kind, value, error) => {
  expect(decode(apiVersion, kind, value)).toBe(error)
})

test('fields named twice are found in objects and in lists, whatever their texts hold', () => {
  expect(duplicateFields('{"a":{"b":1,"b":2},"c":[{"d":"}{\\"","d":"x"}],"e":[],"a":3}')).toEqual(['a.b', 'c[0].d', 'a'])
  expect(duplicateFields('[{"op":"add"},{"op":"test"}]')).toEqual([])
})
