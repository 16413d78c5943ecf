import { parse } from 'yaml'
import type { Station } from '../controllers/station.ts'
import { mergePatch } from '../patches.ts'
import type { Obj } from '../port.ts'
import { IN_CLUSTER } from './bench.ts'
import type { Git } from './git.ts'
import { directories, files } from './git-generators.ts'
import { type MissingKey, renderGo } from './go-template.ts'

export type Params = Readonly<Record<string, unknown>>
/** How an ApplicationSet writes its templates: Go's, or plain `{{name}}`, where an unknown name stays as it is. */
export type Dialect = { readonly go: boolean; readonly missing: MissingKey }
type Scene = { readonly station: Station; readonly git: Git; readonly dialect: Dialect }
type Spec = Obj['spec']

const KINDS = ['list', 'clusters', 'matrix', 'merge', 'git']

export function dialectOf(set: Obj): Dialect {
  const options: string[] = set.spec.goTemplateOptions ?? []
  return { go: set.spec.goTemplate === true, missing: options.includes('missingkey=error') ? 'error' : 'default' }
}

/** The parameter sets of an ApplicationSet's generators, or null when it has one that is not simulated (SCM, pull requests, plugins). */
export function generate(station: Station, git: Git, set: Obj): Params[] | null {
  const scene = { station, git, dialect: dialectOf(set) }
  return every((set.spec.generators ?? []).map((each: Spec) => one(scene, each)))
}

function every(all: readonly (readonly Params[] | null)[]): Params[] | null {
  return all.some((each) => each === null) ? null : all.flatMap((each) => each ?? [])
}

function one(scene: Scene, generator: Spec): Params[] | null {
  const kind = KINDS.find((each) => generator[each])
  // A generator's own template overrides the set's; nothing here does that.
  if (!kind || generator[kind].template) return null
  const found = paramsOf(scene, kind, generator[kind])
  return found && generator.selector ? found.filter((each) => selects(generator.selector, labelsOf(each))) : found
}

function paramsOf(scene: Scene, kind: string, spec: Spec): Params[] | null {
  if (kind === 'list') return [...(spec.elements ?? []), ...(spec.elementsYaml ? (parse(spec.elementsYaml) ?? []) : [])]
  if (kind === 'clusters') return clusters(scene, spec)
  if (kind === 'matrix') return matrix(scene, spec.generators ?? [])
  if (kind === 'merge') return merge(scene, spec)
  const found = spec.directories ? directories(scene.git, spec) : spec.files ? files(scene.git, spec) : null
  return found && withValues(scene, spec, found)
}

function withValues({ dialect }: Scene, spec: Spec, all: readonly Params[]): Params[] {
  return all.map((each) => (spec.values ? { ...each, values: render(spec.values, each, dialect) } : each))
}

function clusters(scene: Scene, spec: Spec): Params[] {
  const bare = !spec.selector?.matchLabels && !spec.selector?.matchExpressions
  const local = {
    name: 'in-cluster',
    nameNormalized: 'in-cluster',
    server: IN_CLUSTER,
    project: '',
    metadata: { labels: {}, annotations: {} },
  }
  const secrets = scene.station.api
    .list('secrets', 'argocd')
    .filter((each) => each.metadata.labels?.['argocd.argoproj.io/secret-type'] === 'cluster')
    .filter((each) => bare || selects(spec.selector, each.metadata.labels ?? {}))
  const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString()
  const known = secrets.map((each) => {
    const name = decode(each.data?.name)
    const { labels = {}, annotations = {} } = each.metadata
    return {
      name,
      nameNormalized: name.toLowerCase().replace(/[^-a-z0-9.]/g, '-'),
      server: decode(each.data?.server),
      project: decode(each.data?.project),
      metadata: { labels, annotations },
    }
  })
  // The local cluster has no Secret and so no labels: only a generator without a selector finds it.
  return withValues(scene, spec, bare && !known.some((each) => each.server === IN_CLUSTER) ? [local, ...known] : known)
}

/** Each parameter set of the first generator with each of the second, whose own fields may name parameters of the first. */
function matrix(scene: Scene, [left, right]: readonly Spec[]): Params[] | null {
  const first = left && right ? one(scene, left) : null
  return first && every(first.map((a) => one(scene, render(right, a, scene.dialect) as Spec)?.map((b) => ({ ...a, ...b })) ?? null))
}

/** The first generator's parameter sets, overridden by those of the others that agree with them in the merge keys. */
function merge(scene: Scene, spec: Spec): Params[] | null {
  const sides = (spec.generators ?? []).map((each: Spec) => one(scene, each)) as (Params[] | null)[]
  const [base, ...others] = sides
  if (!base || others.some((each) => each === null)) return null
  const key = (params: Params) => JSON.stringify((spec.mergeKeys ?? []).map((each: string) => lookUp(each, params) ?? null))
  return base.map((params) =>
    others
      .flatMap((side) => side ?? [])
      .filter((each) => key(each) === key(params))
      .reduce<Params>((all, each) => mergePatch(all, each) as Params, params),
  )
}

function labelsOf(params: Params, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(labelsOf(value as Params, `${prefix}${key}.`))
        : [[`${prefix}${key}`, String(value)]],
    ),
  )
}

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] }

function selects(selector: Spec, labels: Readonly<Record<string, string>>): boolean {
  const expressions: Expression[] = selector.matchExpressions ?? []
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const among = value !== undefined && values.includes(value)
      return operator === 'In' ? among : !among
    })
  )
}

/** A template with its `{{ }}` filled in, keys too; throws on a missing key where the set asks for that, and on what is not simulated. */
export function render(template: unknown, params: Params, dialect: Dialect): unknown {
  if (typeof template === 'string') return dialect.go ? renderGo(template, params, dialect.missing) : renderPlain(template, params)
  if (Array.isArray(template)) return template.map((each) => render(each, params, dialect))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [String(render(key, params, dialect)), render(value, params, dialect)]),
  )
}

/** What an ApplicationSet makes of one parameter set: its template and, over it, its templatePatch. */
export function instanceOf(set: Obj, params: Params): Obj {
  const filled = render(set.spec.template, params, dialectOf(set))
  const patch = set.spec.templatePatch ? parse(String(render(set.spec.templatePatch, params, dialectOf(set)))) : null
  return (patch ? mergePatch(filled, patch) : filled) as Obj
}

function renderPlain(template: string, params: Params): string {
  return template.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (whole, word: string) => {
    const value = lookUp(word, params)
    const folder = typeof value === 'object' && value !== null && word === 'path' ? (value as { path?: unknown }).path : value
    return folder === undefined || folder === null || typeof folder === 'object' ? whole : String(folder)
  })
}

function lookUp(word: string, params: Params): unknown {
  const segment = /^path\[(\d+)\]$/.exec(word)
  const steps = segment ? ['path', 'segments', segment[1] ?? ''] : word.split('.')
  let value: unknown = params
  while (steps.length > 0 && typeof value === 'object' && value !== null) {
    const map = value as Record<string, unknown>
    // A label's key has dots of its own.
    const rest = steps.join('.')
    if (Object.hasOwn(map, rest)) return map[rest]
    value = map[steps.shift() ?? '']
  }
  return steps.length > 0 ? undefined : value
}
