import { dialectOf, instanceOf, type Params } from '../argocd/generators.ts'
import { same } from '../controllers/pods.ts'
import type { Obj } from '../port.ts'

/**
 * The files in git that an ApplicationSet's git-files generator must have read, found back from the Applications it made: fields are read off
 * where the template names nothing else beside them, conditions are tried, and a file is kept only if it makes the same Application again.
 */
export function generatorFiles(set: Partial<Obj>, applications: readonly Partial<Obj>[]): Record<string, string> {
  const globs: string[] = (set.spec?.generators ?? []).flatMap(
    (each: Obj['spec']) => each.git?.files?.map((one: { path: string }) => one.path) ?? [],
  )
  const [glob] = globs
  if (globs.length !== 1 || !glob || !dialectOf(set as Obj).go) return {}
  const found = applications
    .filter((app) => app.metadata?.ownerReferences?.some((each) => each.name === set.metadata?.name))
    .flatMap((app) => {
      const path = filePath(glob, app.spec?.source?.path ?? '')
      const params = path && paramsOf(set as Obj, app as Obj)
      return path && params ? [[path, JSON.stringify(params)] as const] : []
    })
  return Object.fromEntries(found)
}

/** The file of a glob whose folders stand in the source path of its Application too; null where the glob does not say that. */
function filePath(glob: string, source: string): string | null {
  const parts = glob.split('/')
  const name = parts.pop() ?? ''
  const there = source.split('/')
  if (name.includes('*') || there.length < parts.length || parts.includes('**')) return null
  return [...parts.map((part, at) => (part === '*' ? there[at] : part)), name].join('/')
}

function paramsOf(set: Obj, app: Obj): Params | null {
  const known: Record<string, string> = {}
  read(
    { name: set.spec.template.metadata.name, labels: set.spec.template.metadata.labels, spec: set.spec.template.spec },
    {
      name: app.metadata.name,
      labels: app.metadata.labels,
      spec: app.spec,
    },
    known,
  )
  const written = JSON.stringify([set.spec.template, set.spec.templatePatch ?? ''])
  const open = [...new Set([...written.matchAll(/[{ (]\.(\w+)\b/g)].map((each) => each[1] ?? ''))].filter((key) => !(key in known))
  const asked = [...written.matchAll(/eq \.(\w+) \\+"([^"\\]*)\\+"/g)]
  let tries: Params[] = [known]
  for (const key of open) {
    const values = [...asked.filter((each) => each[1] === key).map((each) => each[2] ?? ''), 'false']
    tries = tries.flatMap((each) => values.map((value) => ({ ...each, [key]: value })))
  }
  return tries.slice(0, 64).find((each) => fits(set, each, app)) ?? null
}

function fits(set: Obj, params: Params, app: Obj): boolean {
  try {
    const made = instanceOf(set, params)
    return made.metadata.name === app.metadata.name && same(made.spec, app.spec)
  } catch {
    return false
  }
}

/** Reads off the fields that a template names where the text around them says which part they are. */
function read(template: unknown, live: unknown, known: Record<string, string>): void {
  if (typeof template === 'object' && template !== null && typeof live === 'object' && live !== null) {
    for (const [key, each] of Object.entries(template)) read(each, (live as Record<string, unknown>)[key], known)
    return
  }
  if (typeof template !== 'string' || typeof live !== 'string' || !template.includes('{{')) return
  const keys: string[] = []
  const pattern = template
    .split(/(\{\{\s*\.\w+\s*\}\})/)
    .map((part) => {
      const key = /^\{\{\s*\.(\w+)\s*\}\}$/.exec(part)?.[1]
      if (!key) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      keys.push(key)
      return '([^/]+)'
    })
    .join('')
  const found = new RegExp(`^${pattern}$`).exec(live)
  // Where two fields stand with only a dash between them, the division is open; a path divides them surely.
  keys.forEach((key, at) => {
    if (found?.[at + 1] && (!(key in known) || template.includes('/') || keys.length === 1)) known[key] = found[at + 1] ?? ''
  })
}
