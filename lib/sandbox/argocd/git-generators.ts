import { parse } from 'yaml'
import type { Git } from './git.ts'
import { matches } from './projects.ts'

type Params = Readonly<Record<string, unknown>>
type Spec = { readonly revision?: string; readonly directories?: readonly Glob[]; readonly files?: readonly Glob[] }
type Glob = { readonly path: string; readonly exclude?: boolean }

function chosen(globs: readonly Glob[], hit: (glob: string) => boolean): boolean {
  return globs.some((each) => !each.exclude && hit(each.path)) && !globs.some((each) => each.exclude && hit(each.path))
}

function normalized(name: string): string {
  return name.toLowerCase().replace(/[^-a-z0-9.]/g, '-')
}

function folder(path: string): Record<string, unknown> {
  const segments = path.split('/')
  const basename = segments.at(-1) ?? ''
  return { path, basename, basenameNormalized: normalized(basename), segments }
}

/** One parameter set for each folder of the repository that the globs name; `*` stays within one segment. */
export function directories(git: Git, { revision, directories: globs = [] }: Spec): Params[] {
  const commit = git.resolve(revision ?? 'HEAD')
  const paths = new Set<string>()
  for (const path of commit?.tree.keys() ?? []) {
    const parts = path.split('/')
    for (let i = 1; i <= parts.length; i++) paths.add(parts.slice(0, i).join('/'))
  }
  const hit = (glob: string, path: string) => glob.split('/').length === path.split('/').length && matches(glob, path)
  return [...paths]
    .sort()
    .filter((path) => chosen(globs, (glob) => hit(glob, path)))
    .map((path) => ({ path: folder(path) }))
}

/** One parameter set for each JSON or YAML file that the globs name, or for each element of a file that holds a list; `*` crosses folders. */
export function files(git: Git, { revision, files: globs = [] }: Spec): Params[] {
  const commit = git.resolve(revision ?? 'HEAD')
  return [...(commit?.files ?? [])]
    .filter(([path]) => chosen(globs, (glob) => matches(glob, path)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, content]) => {
      const held: unknown = parse(content)
      const filename = path.slice(path.lastIndexOf('/') + 1)
      const own = { ...folder(path.slice(0, Math.max(0, path.lastIndexOf('/')))), filename, filenameNormalized: normalized(filename) }
      return (Array.isArray(held) ? held : [held]).map((each: object) => ({ ...each, path: own }))
    })
}
