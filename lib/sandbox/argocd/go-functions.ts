/** A template that does more than is simulated here. */
export class UnsimulatedTemplate extends Error {}

type Call = (...given: readonly unknown[]) => unknown
const text = (value: unknown): string => show(value)

/** Whether Go's templates take a value as true: not empty, not zero, not missing. */
export function truthy(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

/** A value as Go prints it; one that is not there prints as `<no value>`. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(show).join(' ')}]`
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${key}:${show(each)}`)
      .join(' ')}]`
  return String(value)
}

function index(value: unknown, ...path: readonly unknown[]): unknown {
  let at = value
  for (const step of path) {
    if (Array.isArray(at)) {
      if (typeof step !== 'number' || step < 0 || step >= at.length)
        throw new Error(`error calling index: index out of range: ${text(step)}`)
      at = at[step]
    } else at = typeof at === 'object' && at !== null && typeof step === 'string' ? (at as Record<string, unknown>)[step] : undefined
  }
  return at
}

function printf(format: unknown, ...given: readonly unknown[]): string {
  let at = 0
  return text(format).replace(/%([a-z%])/g, (_, verb: string) => {
    if (verb === '%') return '%'
    if (!'svdq'.includes(verb)) throw new UnsimulatedTemplate(`printf %${verb}`)
    const value = given[at++]
    return verb === 'q' ? JSON.stringify(text(value)) : text(value)
  })
}

function normalize(value: unknown): string {
  return text(value)
    .toLowerCase()
    .replace(/[^-a-z0-9.]/g, '-')
    .slice(0, 253)
    .replace(/^[-.]+|[-.]+$/g, '')
}

function compared(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new Error('incompatible types for comparison')
  return a === b ? 0 : (a as string) < (b as string) ? -1 : 1
}

/** Functions of Go templates, of sprig and of Argo CD itself; sprig takes the value that is piped in last. */
export const FUNCTIONS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['eq', (a, ...rest) => rest.some((each) => compared(a, each) === 0)],
  ['ne', (a, b) => compared(a, b) !== 0],
  ['lt', (a, b) => compared(a, b) < 0],
  ['le', (a, b) => compared(a, b) <= 0],
  ['gt', (a, b) => compared(a, b) > 0],
  ['ge', (a, b) => compared(a, b) >= 0],
  ['and', (...all) => all.find((each) => !truthy(each)) ?? all.at(-1)],
  ['or', (...all) => all.find(truthy) ?? all.at(-1)],
  ['not', (value) => !truthy(value)],
  ['index', index],
  ['len', (value) => (typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(value ?? {}).length)],
  ['printf', printf],
  ['default', (other, value) => (truthy(value) ? value : other)],
  ['coalesce', (...all) => all.find(truthy)],
  ['empty', (value) => !truthy(value)],
  ['ternary', (yes, no, test) => (truthy(test) ? yes : no)],
  ['hasKey', (map, key) => typeof map === 'object' && map !== null && text(key) in map],
  ['get', (map, key) => index(map, key) ?? ''],
  ['lower', (value) => text(value).toLowerCase()],
  ['upper', (value) => text(value).toUpperCase()],
  ['trim', (value) => text(value).trim()],
  ['trimPrefix', (cut, value) => (text(value).startsWith(text(cut)) ? text(value).slice(text(cut).length) : text(value))],
  ['trimSuffix', (cut, value) => (text(cut) && text(value).endsWith(text(cut)) ? text(value).slice(0, -text(cut).length) : text(value))],
  ['replace', (from, to, value) => text(value).replaceAll(text(from), () => text(to))],
  ['contains', (part, value) => text(value).includes(text(part))],
  ['hasPrefix', (part, value) => text(value).startsWith(text(part))],
  ['hasSuffix', (part, value) => text(value).endsWith(text(part))],
  ['trunc', (length, value) => (Number(length) < 0 ? text(value).slice(Number(length)) : text(value).slice(0, Number(length)))],
  ['quote', (value) => JSON.stringify(text(value))],
  ['toString', text],
  ['join', (by, list) => (Array.isArray(list) ? list.map(text).join(text(by)) : text(list))],
  ['splitList', (by, value) => text(value).split(text(by))],
  ['first', (list) => index(list, 0)],
  ['last', (list) => (Array.isArray(list) ? list.at(-1) : undefined)],
  ['list', (...all) => [...all]],
  ['b64enc', (value) => Buffer.from(text(value)).toString('base64')],
  ['b64dec', (value) => Buffer.from(text(value), 'base64').toString()],
  ['toJson', (value) => JSON.stringify(value)],
  ['normalize', normalize],
])
