import type { Station } from '../controllers/station.ts'
import type { Obj } from '../port.ts'
import { IN_CLUSTER } from './bench.ts'
import type { Git } from './git.ts'
import { matches } from './projects.ts'

export type Params = Readonly<Record<string, unknown>>

/** The parameter sets of an ApplicationSet's generators, or null when it has one that is not simulated. */
export function generate(station: Station, git: Git, generators: readonly Obj['spec'][]): Params[] | null {
  const all = generators.map((each) => one(station, git, each))
  return all.some((each) => each === null) ? null : all.flatMap((each) => each ?? [])
}

function one(station: Station, git: Git, generator: Obj['spec']): Params[] | null {
  if (generator.list) return [...(generator.list.elements ?? [])]
  if (generator.clusters) return clusters(station)
  if (generator.matrix) return matrix(station, git, generator.matrix.generators)
  if (generator.git?.directories) return directories(git, generator.git)
  return null
}

function clusters(station: Station): Params[] {
  const local = { name: 'in-cluster', nameNormalized: 'in-cluster', server: IN_CLUSTER, project: '' }
  const others = station.api
    .list('secrets', 'argocd')
    .filter((each) => each.metadata.labels?.['argocd.argoproj.io/secret-type'] === 'cluster')
  const decode = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString()
  return [
    local,
    ...others.map((each) => ({
      name: decode(each.data?.name),
      nameNormalized: decode(each.data?.name),
      server: decode(each.data?.server),
      project: '',
    })),
  ]
}

function matrix(station: Station, git: Git, pair: readonly Obj['spec'][]): Params[] | null {
  const sides = pair.map((each) => one(station, git, each))
  if (sides.some((each) => each === null)) return null
  return sides.reduce<Params[]>((left, right) => left.flatMap((a) => (right ?? []).map((b) => ({ ...a, ...b }))), [{}])
}

function directories(git: Git, spec: { directories: { path: string; exclude?: boolean }[]; revision?: string }): Params[] {
  const commit = git.resolve(spec.revision ?? 'HEAD')
  const paths = new Set<string>()
  for (const path of commit?.tree.keys() ?? []) {
    const parts = path.split('/')
    for (let i = 1; i <= parts.length; i++) paths.add(parts.slice(0, i).join('/'))
  }
  const hit = (glob: string, path: string) => glob.split('/').length === path.split('/').length && matches(glob, path)
  return [...paths]
    .sort()
    .filter(
      (path) =>
        spec.directories.some((each) => !each.exclude && hit(each.path, path)) &&
        !spec.directories.some((each) => each.exclude && hit(each.path, path)),
    )
    .map((path) => {
      const segments = path.split('/')
      const basename = segments.at(-1) ?? ''
      return { path: { path, basename, basenameNormalized: basename.toLowerCase().replace(/[^a-z0-9-]/g, '-'), segments } }
    })
}

/** A template with its `{{ }}` filled in (goTemplate with a leading dot, or plain); throws on a missing key. */
export function render(template: unknown, params: Params): unknown {
  if (typeof template === 'string')
    return template.replace(/\{\{\s*-?\s*(.*?)\s*-?\s*\}\}/g, (_, word: string) => String(lookUp(word, params)))
  if (Array.isArray(template)) return template.map((each) => render(each, params))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [String(render(key, params)), render(value, params)]))
}

/** A template that does more than name parameters; it is not simulated. */
export class UnsimulatedTemplate extends Error {}

function lookUp(word: string, params: Params): unknown {
  const segment = /^index \.path\.segments (\d+)$/.exec(word)
  if (!segment && !/^\.?[\w.-]+$/.test(word)) throw new UnsimulatedTemplate(word)
  const path = segment ? ['path', 'segments', segment[1] ?? '0'] : word.replace(/^\./, '').split('.')
  let value: unknown = params
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  if (typeof value === 'object' && value !== null && 'path' in value) return (value as { path: unknown }).path
  if (value === undefined) throw new Error(`map has no entry for key "${path.at(-1)}"`)
  return value
}
