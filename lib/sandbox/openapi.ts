import type { Kind, Registry } from './kinds.ts'
import { builtInSchema } from './typed/built-in-types.ts'
import { structName } from './typed/go-decode.ts'
import { type Schema, schemaOfCrd } from './typed/schema.ts'

const SCHEMA = '#/components/schemas/'

type Plain = { readonly [field: string]: unknown; readonly properties?: Readonly<Record<string, unknown>> }

/** A schema whose inner models are named in `components` instead, since some hold themselves. */
function inlined({ go: _, ...schema }: Schema, components: Record<string, unknown>): Plain {
  const refer = (inner: Schema): unknown => {
    if (inner.items) return { ...inner, items: refer(inner.items) }
    if (typeof inner.additionalProperties === 'object') return { ...inner, additionalProperties: refer(inner.additionalProperties) }
    const { go, ...plain } = inner
    if (!inner.properties || !go) return plain
    // kubectl explain shows what stands after the last dot.
    const name = `${go}.${structName(go)}`
    if (!components[name]) {
      components[name] = {}
      components[name] = inlined(inner, components)
    }
    return { allOf: [{ $ref: `${SCHEMA}${name}` }] }
  }
  const fields = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, refer(inner)])
  return { ...schema, properties: Object.fromEntries(fields) }
}

function pathOf(kind: Kind): string {
  return `${kind.group === '' ? '/api' : `/apis/${kind.group}`}/${kind.version}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`
}

/** OpenAPI v3: the index, or the document of one group version, with as much schema as definitions carry. */
export function openApi(registry: Registry, path: string): Record<string, unknown> | null {
  const kinds = registry.all()
  const keyOf = (kind: Kind) => (kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`)
  if (path === '/openapi/v3') {
    const keys = [...new Set(kinds.map(keyOf))]
    return { paths: Object.fromEntries(keys.map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${registry.revision()}` }])) }
  }
  const mine = kinds.filter((kind) => `/openapi/v3/${keyOf(kind)}` === path)
  if (mine.length === 0) return null
  const query = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })
  const gvk = (kind: Kind) => ({ group: kind.group, version: kind.version, kind: kind.kind })
  const schemaName = (kind: Kind) =>
    kind.group === ''
      ? `io.k8s.api.core.${kind.version}.${kind.kind}`
      : `${kind.group.split('.').reverse().join('.')}.${kind.version}.${kind.kind}`
  const components: Record<string, unknown> = {}
  const schema = (kind: Kind) => {
    const known = kind.crd ? schemaOfCrd(kind) : builtInSchema(kind)
    const own = known ? (kind.crd ? known : inlined(known, components)) : {}
    const text = (description: string) => ({ type: 'string', description })
    const base = {
      apiVersion: text('Version of the schema of this object.'),
      kind: text('Kind of this object.'),
      metadata: { type: 'object', description: 'Identity, labels and lifecycle.' },
    }
    return {
      description: `${kind.kind} as this server serves it.`,
      type: 'object',
      ...own,
      properties: { ...(known ? {} : { spec: { type: 'object' }, status: { type: 'object' } }), ...own.properties, ...base },
      'x-kubernetes-group-version-kind': [gvk(kind)],
    }
  }
  const operation = (kind: Kind, action: string) => ({
    operationId: `${action}${kind.kind}`,
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'].map(query),
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(kind),
  })
  const named = Object.fromEntries(mine.map((kind) => [schemaName(kind), schema(kind)]))
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths: Object.fromEntries(
      mine.map((kind) => [
        pathOf(kind),
        { get: operation(kind, 'get'), put: operation(kind, 'put'), patch: operation(kind, 'patch'), delete: operation(kind, 'delete') },
      ]),
    ),
    components: { schemas: { ...components, ...named } },
  }
}
