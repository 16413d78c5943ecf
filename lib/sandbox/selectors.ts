import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { badRequest } from './refusal.ts'

export type Matcher = (object: Obj) => boolean

const TOKEN = /\s*(notin\b|in\b|exists\b|==|!=|[()=,!<>]|[^\s()=,!<>]+)\s*/gy

function tokens(text: string): string[] {
  return [...text.trim().matchAll(TOKEN)].map((match) => match[1] ?? '')
}

const SYMBOL = /^(==|!=|[()=,!<>])$/

/** Reads a labelSelector of the query; throws `ApiRefusal` 400 in the server's words when it is none. */
export function labelMatcher(text: string): Matcher | null {
  const all = tokens(text)
  if (all.length === 0) return null
  const tests: ((labels: Record<string, string>) => boolean)[] = []
  let i = 0
  const shown = (token: string | undefined) => token ?? ''
  while (i < all.length) {
    let token = all[i]
    const absent = token === '!'
    if (absent) token = all[++i]
    if (token === undefined || SYMBOL.test(token))
      throw badRequest(`found '${shown(token)}', expected: ${absent ? 'identifier' : "!, identifier, or 'end of string'"}`)
    const key = token
    const operator = all[++i]
    if (absent || operator === undefined || operator === ',') {
      tests.push(absent ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined)
    } else if (operator === 'in' || operator === 'notin') {
      if (all[++i] !== '(') throw badRequest(`unable to parse requirement: found '${shown(all[i])}' expected: '('`)
      const values = new Set<string>()
      for (i++; i < all.length && all[i] !== ')'; i++) if (all[i] !== ',') values.add(shown(all[i]))
      if (all[i] !== ')') throw badRequest(`unable to parse requirement: found '', expected: ',', or ')'`)
      i++
      tests.push(
        operator === 'in'
          ? (labels) => labels[key] !== undefined && values.has(labels[key])
          : (labels) => labels[key] === undefined || !values.has(labels[key]),
      )
    } else if (['=', '==', '!=', '>', '<'].includes(operator)) {
      let value = ''
      const next = all[i + 1]
      if (next !== undefined && next !== ',') {
        if (SYMBOL.test(next)) throw badRequest(`unable to parse requirement: found '${next}', expected: identifier`)
        value = next
        i++
      }
      i++
      if (operator === '!=') tests.push((labels) => labels[key] !== value)
      else if (operator === '>') tests.push((labels) => Number(labels[key]) > Number(value))
      else if (operator === '<') tests.push((labels) => Number(labels[key]) < Number(value))
      else tests.push((labels) => labels[key] === value)
    } else {
      throw badRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
    }
    if (i < all.length && all[i] !== ',') throw badRequest(`found '${shown(all[i])}', expected: ',' or 'end of string'`)
    i++
  }
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}))
}

/** Whether labels fit a LabelSelector object (matchLabels and matchExpressions); an empty one fits all. */
export function fitsSelector(selector: Obj['spec'], labels: Record<string, string>): boolean {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) if (labels[key] !== value) return false
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const has = labels[key] !== undefined
    if (operator === 'Exists' && !has) return false
    if (operator === 'DoesNotExist' && has) return false
    if (operator === 'In' && !(has && values.includes(labels[key]))) return false
    if (operator === 'NotIn' && has && values.includes(labels[key])) return false
  }
  return true
}

const EVENT_FIELDS = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
]
/** Fields that a fieldSelector may name, beyond metadata.name and metadata.namespace. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: EVENT_FIELDS,
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
  secrets: ['type'],
  replicationcontrollers: ['status.replicas'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
}
const OWN_WORDS = new Set(['pods', 'events', 'namespaces', 'nodes', 'secrets', 'replicationcontrollers', 'replicasets.apps', 'jobs.batch'])

function valueAt(object: Obj, path: string): string {
  if (path === 'reportingComponent') return object.reportingComponent || object.source?.component || ''
  if (path === 'source') return object.source?.component || object.reportingComponent || ''
  let value: unknown = object
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  if (value === undefined || value === null)
    return path === 'spec.unschedulable' || path === 'spec.hostNetwork' ? 'false' : path === 'status.replicas' ? '0' : ''
  return String(value)
}

/** Reads a fieldSelector of the query; throws `ApiRefusal` 400 for fields that this kind cannot be selected by. */
export function fieldMatcher(text: string, kind: Kind): { matches: Matcher; name: string | null } | null {
  const parts = text.split(',').filter((part) => part !== '')
  if (parts.length === 0) return null
  const selectable = (kind.crd?.spec.versions ?? []).flatMap((v: Obj['spec']) =>
    (v.selectableFields ?? []).map((field: { jsonPath: string }) => field.jsonPath.replace(/^\./, '')),
  )
  const allowed = new Set(['metadata.name', 'metadata.namespace', ...(FIELDS[kind.resource] ?? []), ...selectable])
  const tests: Matcher[] = []
  let name: string | null = null
  for (const part of parts) {
    const match = /^(.*?)(!=|==|=)(.*)$/.exec(part)
    if (!match) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
    const [, field = '', operator, value = ''] = match
    if (!allowed.has(field)) {
      if (kind.crd || OWN_WORDS.has(kind.resource)) throw badRequest(`field label not supported: ${field}`)
      throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
    }
    if (field === 'metadata.name' && operator !== '!=') name = value
    tests.push(operator === '!=' ? (object) => valueAt(object, field) !== value : (object) => valueAt(object, field) === value)
  }
  return { matches: (object) => tests.every((test) => test(object)), name }
}
