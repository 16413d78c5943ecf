import { z } from 'zod'
import type { Door, Handler } from './endpoint.ts'
import { Problem } from './schema.ts'

/** One route's module, with its path as in `app/api/v1`, such as `/runs/[id]/commands`. */
export type Route = { readonly path: string; readonly methods: Partial<Record<'GET' | 'POST', Handler>> }

type Json = Record<string, unknown>

/** OpenAPI 3.1, made from the schemas that the routes themselves parse with. */
export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const { path, methods } of routes) {
    const operations: Json = {}
    for (const [method, handler] of Object.entries(methods))
      if (handler?.door) operations[method.toLowerCase()] = operation(path, method, handler.door)
    paths[`/api/v1${path.replace(/\[(?:\.\.\.)?(\w+)\]/g, '{$1}')}`] = {
      ...operations,
      ...(namesIn(path).length > 0 ? { parameters: namesIn(path).map(pathParameter) } : {}),
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Blackstart',
      version: '1',
      description: 'Brings a Kubernetes and Argo CD platform back after a disaster, one verified step at a time.',
    },
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'blackstart_session' }, token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(Problem, 'output') },
    },
  }
}

function operation(path: string, method: string, door: Door): Json {
  const schema = door.answers ? schemaOf(door.answers, 'output') : { type: 'string' }
  const answer = door.answers || door.type !== 'application/json' ? { content: { [door.type]: { schema } } } : {}
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W+$/, '')}`,
    summary: door.about,
    ...(door.deed ? { 'x-deed': door.deed } : { security: [] }),
    ...(method === 'GET'
      ? { parameters: queryParameters(door).filter(({ name }) => !namesIn(path).includes(String(name))) }
      : bodyOf(door)),
    responses: {
      [String(door.status)]: { description: 'Done.', ...answer },
      default: {
        description: 'Refused, with the reason.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function bodyOf(door: Door): Json {
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: !door.keyless && !hasKey(door),
    schema: { type: 'string', minLength: 1 },
    description: 'The same key gives the first answer again.',
  }
  return {
    parameters: [key],
    ...(door.input ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(door.input, 'input') } } } } : {}),
  }
}

/** Runs and drills take the key in their body, or in the header. */
function hasKey(door: Door): boolean {
  return door.input !== null && 'key' in ((schemaOf(door.input, 'input') as { properties?: Json }).properties ?? {})
}

function queryParameters(door: Door): Json[] {
  if (!door.input) return []
  const { properties = {}, required = [] } = schemaOf(door.input, 'input') as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }))
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map(([, name = '']) => name)
}

function pathParameter(name: string): Json {
  return { name, in: 'path', required: true, schema: { type: 'string' } }
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  return rest
}
