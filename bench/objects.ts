import { at, type Dict, dict, list, text } from '../lib/kernel/wire.ts'
import { readGolden } from '../lib/testing/golden-wire.ts'

/** How many objects of each kind; what is not named is counted by `others`. */
export type Size = { readonly applications: number; readonly pods: number; readonly others: number }
export const SIZES = {
  S: { applications: 60, pods: 200, others: 1_000 },
  M: { applications: 600, pods: 4_000, others: 4_000 },
  L: { applications: 2_000, pods: 20_000, others: 10_000 },
} as const satisfies Record<string, Size>

/** One served collection: `items` are JSON texts, as the server would send them. */
export type Collection = { readonly kind: string; readonly apiVersion: string; readonly items: readonly string[] }

type Listed = { readonly path: string; readonly file: string; readonly resource: string; readonly verbs: readonly string[] }

/**
 * Objects as a real API server sent them (with managedFields and whole pod templates), multiplied: each copy lives in namespaces,
 * and has uids and Applications, of its own. By path of their collection.
 */
export function objectsOf(size: Size): ReadonlyMap<string, Collection> {
  const index = list(at(readGolden('baseline/index.json'), 'lists')) as readonly Listed[]
  const whole = new Map<string, Dict>()
  for (const one of index) if (one.verbs.includes('watch')) whole.set(one.path, dict(readGolden(`baseline/${one.file}`)))
  const namespaces = new Set(list(at(whole.get('/api/v1/namespaces'), 'items')).map((one) => text(at(one, 'metadata', 'name'))))
  const wanted = wantedPer(whole, size)
  return new Map(
    [...whole].map(([path, body]) => {
      const items = list(body.items).map(dict)
      const count = wanted.get(path) ?? items.length
      const copies = Array.from({ length: count }, (_, i) =>
        copyOf(items[i % items.length] ?? {}, Math.floor(i / items.length), namespaces),
      )
      return [path, { kind: text(body.kind), apiVersion: text(body.apiVersion), items: copies.map((one) => JSON.stringify(one)) }] as const
    }),
  )
}

const APPLICATIONS = '/apis/argoproj.io/v1alpha1/applications'
const PODS = '/api/v1/pods'
/** Not collected as objects, or not multiplied with the platform. */
const FIXED = /events$|leases$|\/secrets$|endpoints$|controllerrevisions$|autoscaling\/v1\/|apiservices$|customresourcedefinitions$|nodes$/

function wantedPer(whole: ReadonlyMap<string, Dict>, size: Size): ReadonlyMap<string, number> {
  const others = [...whole].filter(
    ([path, body]) => path !== APPLICATIONS && path !== PODS && !FIXED.test(path) && list(body.items).length > 0,
  )
  const sum = others.reduce((count, [, body]) => count + list(body.items).length, 0)
  return new Map([
    ...others.map(([path, body]) => [path, Math.max(1, Math.round((list(body.items).length * size.others) / sum))] as const),
    [APPLICATIONS, size.applications],
    [PODS, size.pods],
  ])
}

const UID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const TRACKING = /^([^:]+):([^/]*\/[^:]+):([^/]*)\/(.+)$/

function copyOf(object: Dict, copy: number, namespaces: ReadonlySet<string>): Dict {
  if (copy === 0) return object
  const inNamespace = text(at(object, 'metadata', 'namespace'))
  const said = (value: string): string => {
    if (UID.test(value)) return `${copy.toString(16).padStart(8, '0')}${value.slice(8)}`
    if (namespaces.has(value)) return moved(value, copy)
    const id = TRACKING.exec(value)
    return id ? `${id[1]}-${copy}:${id[2]}:${moved(id[3] ?? '', copy)}/${id[4]}` : value
  }
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return said(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]))
  }
  const made = dict(walk(object))
  const metadata = dict(made.metadata)
  // What stays in one namespace, or in none, is told apart by its name.
  const name =
    inNamespace === '' || moved(inNamespace, copy) === inNamespace ? `${text(metadata.name).replace(/-\d+$/, '')}-${copy}` : metadata.name
  return { ...made, metadata: { ...metadata, name } }
}

/** Argo CD and the system are there once. */
function moved(namespace: string, copy: number): string {
  return namespace === '' || /^(argocd|default|kube-.*)$/.test(namespace) ? namespace : `${namespace}-${copy}`
}
