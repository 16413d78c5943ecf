import type { Kind } from './kinds.ts'
import { isTrue } from './read-options.ts'
import type { Storage } from './storage.ts'

/** What a request's path names. */
export type Target = {
  kind: Kind | null
  group: string
  version: string
  plural: string
  namespace: string | undefined
  name: string
  subresource: string
  /** By one of the deprecated `watch/` paths. */
  watch: boolean
}
/** Null for paths outside resources. */
export function readTarget(storage: Storage, path: string): Target | null {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map(decodeURIComponent)
  const legacy = steps[0] === 'api'
  if (!legacy && steps[0] !== 'apis') return null
  const group = legacy ? '' : (steps[1] ?? '')
  const version = steps[legacy ? 1 : 2] ?? ''
  const watch = steps[legacy ? 2 : 3] === 'watch'
  const rest = steps.slice((legacy ? 2 : 3) + Number(watch))
  if (rest.length === 0) return null
  const ofNamespace =
    rest[0] === 'namespaces' && rest.length >= 3 && !(legacy && rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize'))
  const [plural = '', name = '', subresource = ''] = ofNamespace ? rest.slice(2) : rest
  const namespace = ofNamespace ? (rest[1] ?? '') : undefined
  return { kind: storage.registry.byPath(group, version, plural) ?? null, group, version, plural, namespace, name, subresource, watch }
}

/** The verb that a method on a target stands for, as rules name it. */
export function verbOf(method: string, target: Target, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD')
    return target.watch || isTrue(query.get('watch')) ? 'watch' : target.name === '' ? 'list' : 'get'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  return target.name === '' ? 'deletecollection' : 'delete'
}
