import { AGE, age, type Column, NAME } from './cells.ts'
import { COLUMNS } from './columns.ts'
import { shownEvent } from './event-shape.ts'
import type { Kind } from './kinds.ts'
import type { Obj } from './port.ts'

/** Objects are never changed once stored, so each is turned into text once: the part after kind and apiVersion. */
const bodies = new WeakMap<Obj, string>()
const partials = new WeakMap<Obj, string>()

function bodyOf(object: Obj): string {
  let text = bodies.get(object)
  if (text === undefined) {
    const { apiVersion: _version, kind: _kind, ...rest } = object
    text = JSON.stringify(rest).slice(1)
    bodies.set(object, text)
  }
  return text
}

export function objectText(object: Obj, kind: Kind): string {
  return `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(kind.apiVersion)},${bodyOf(shownEvent(object, kind))}`
}

/** One item of a list: built-in kinds leave their kind and apiVersion to the list. */
export function itemText(object: Obj, kind: Kind): string {
  return kind.crd ? objectText(object, kind) : `{${bodyOf(shownEvent(object, kind))}`
}

export function partialText(object: Obj): string {
  let text = partials.get(object)
  if (text === undefined) {
    text = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`
    partials.set(object, text)
  }
  return text
}

function columnsOf(kind: Kind): Column[] {
  const own = COLUMNS[kind.resource]
  // Events are told apart by what they say; their names are for -o wide.
  if (kind.plural === 'events') return [...(COLUMNS.events ?? []), { ...NAME, priority: 1 }]
  if (own) return [NAME, ...own]
  const printed: Column[] = kind.crd?.spec.versions.find((v: { name: string }) => v.name === kind.version)?.additionalPrinterColumns ?? []
  return printed.length > 0 ? [NAME, ...printed] : [NAME, kind.crd ? { ...AGE, type: 'date' } : AGE]
}

function cell(column: Column, object: Obj, now: number): unknown {
  if (column.of) return column.of(object, now)
  let value: unknown = object
  for (const step of (column.jsonPath ?? '').replace(/^\./, '').split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  if (column.type === 'date') return typeof value === 'string' ? age(value, now) : null
  return value ?? (column.type === 'integer' ? null : '')
}

/** A meta.k8s.io/v1 Table of objects, as kubectl prints it; `include` is the query's includeObject. */
export function tableOf(
  kind: Kind,
  objects: readonly Obj[],
  include: string,
  now: number,
  metadata: Record<string, unknown>,
  headers = true,
): Record<string, unknown> {
  const columns = columnsOf(kind)
  const shown = (object: Obj) =>
    include === 'None'
      ? {}
      : {
          object:
            include === 'Object'
              ? { ...object, apiVersion: kind.apiVersion, kind: kind.kind }
              : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
        }
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headers
      ? columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({ name, type, format, description, priority }))
      : null,
    rows: objects.map((object) => ({ cells: columns.map((entry) => cell(entry, object, now)), ...shown(object) })),
  }
}
