import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'
import { badRequest } from './refusal.ts'

export type Matcher = (object: Obj) => boolean

const TOKEN = /\s*(notin\b|in\b|exists\b|==|!=|[()=,!<>]|[^\s()=,!<>]+)\s*/gy

function tokens(text: string): string[] {
  return [...text.trim().matchAll(TOKEN)].map((match) => match[1] ?? '')
}

const SYMBOL = /^(==|!=|[()=,!<>])$/

type LabelTest = (labels: Record<string, string>) => boolean
/** The tokens of a selector and how far they are read. */
type Reading = { readonly all: readonly string[]; at: number }

function setTest(key: string, operator: string, reading: Reading): LabelTest {
  const { all } = reading
  const opening = all[reading.at++]
  if (opening !== '(') throw badRequest(`unable to parse requirement: found '${opening ?? ''}' expected: '('`)
  const end = all.indexOf(')', reading.at)
  if (end < 0) throw badRequest(`unable to parse requirement: found '', expected: ',', or ')'`)
  const values = new Set(all.slice(reading.at, end).filter((token) => token !== ','))
  reading.at = end + 1
  const has: LabelTest = (labels) => labels[key] !== undefined && values.has(labels[key])
  return operator === 'in' ? has : (labels) => !has(labels)
}

function valueTest(key: string, operator: string, reading: Reading): LabelTest {
  const next = reading.all[reading.at]
  let value = ''
  if (next !== undefined && next !== ',') {
    if (SYMBOL.test(next)) throw badRequest(`unable to parse requirement: found '${next}', expected: identifier`)
    value = next
    reading.at++
  }
  if (operator === '!=') return (labels) => labels[key] !== value
  if (operator === '>') return (labels) => Number(labels[key]) > Number(value)
  if (operator === '<') return (labels) => Number(labels[key]) < Number(value)
  return (labels) => labels[key] === value
}

function readRequirement(reading: Reading): LabelTest {
  const { all } = reading
  const absent = all[reading.at] === '!'
  if (absent) reading.at++
  const key = all[reading.at++]
  if (key === undefined || SYMBOL.test(key))
    throw badRequest(`found '${key ?? ''}', expected: ${absent ? 'identifier' : "!, identifier, or 'end of string'"}`)
  if (absent) return (labels) => labels[key] === undefined
  const operator = all[reading.at]
  if (operator === undefined || operator === ',') return (labels) => labels[key] !== undefined
  reading.at++
  if (operator === 'in' || operator === 'notin') return setTest(key, operator, reading)
  if (['=', '==', '!=', '>', '<'].includes(operator)) return valueTest(key, operator, reading)
  throw badRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
}

/** Reads a labelSelector of the query; throws `ApiRefusal` 400 in the server's words when it is none. */
export function labelMatcher(text: string): Matcher | null {
  const reading: Reading = { all: tokens(text), at: 0 }
  if (reading.all.length === 0) return null
  const tests: LabelTest[] = []
  while (reading.at < reading.all.length) {
    tests.push(readRequirement(reading))
    const next = reading.all[reading.at]
    if (next !== undefined && next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`)
    reading.at++
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
