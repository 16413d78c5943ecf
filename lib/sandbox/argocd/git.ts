import { digest } from '../controllers/pods.ts'
import type { Meta, Obj } from '../port.ts'

export type Manifest = Omit<Obj, 'metadata'> & { metadata: Partial<Meta> & { name: string } }
/** What one path of the repository renders: manifests, or the error that its generation ends with. */
export type Folder = {
  readonly manifests: readonly Manifest[]
  readonly sourceType?: 'Helm' | 'Kustomize' | 'Directory' | 'Plugin'
  readonly error?: string
}
export type Commit = {
  readonly revision: string
  readonly message: string
  readonly author: string
  readonly at: string
  readonly tree: ReadonlyMap<string, Folder>
  /** Text of the files that generators read, by path. */
  readonly files: ReadonlyMap<string, string>
}

/** A repository in memory: commits that change paths; each path holds what it renders. */
export type Git = {
  head(): string
  /** The commit that a branch name, HEAD or a full revision means. */
  resolve(target: string): Commit | undefined
  commit(input: {
    message: string
    author?: string
    at?: string
    revision?: string
    paths: Readonly<Record<string, Folder | null>>
    files?: Readonly<Record<string, string | null>>
  }): Commit
  log(): readonly Commit[]
}

const BRANCHES = new Set(['', 'HEAD', 'main', 'master'])

export function createGit(now: () => number): Git {
  const first: Commit = {
    revision: digest('root', 40),
    message: 'initial commit',
    author: 'platform',
    at: new Date(now()).toISOString(),
    tree: new Map(),
    files: new Map(),
  }
  const commits = [first]
  const byRevision = new Map([[first.revision, first]])
  const head = () => commits.at(-1) ?? first
  return {
    head: () => head().revision,
    resolve: (target) => (BRANCHES.has(target) ? head() : byRevision.get(target)),
    commit({ message, author = 'platform', at = new Date(now()).toISOString(), revision, paths, files: changed = {} }) {
      const tree = new Map(head().tree)
      for (const [path, folder] of Object.entries(paths)) {
        if (folder) tree.set(path, folder)
        else tree.delete(path)
      }
      const files = new Map(head().files)
      for (const [path, text] of Object.entries(changed)) {
        if (text === null) files.delete(path)
        else files.set(path, text)
      }
      const commit: Commit = {
        revision:
          revision ??
          digest(
            { parent: head().revision, message, at, paths: Object.keys(paths), ...(Object.keys(changed).length ? { changed } : {}) },
            40,
          ),
        message,
        author,
        at,
        tree,
        files,
      }
      commits.push(commit)
      byRevision.set(commit.revision, commit)
      return commit
    },
    log: () => commits,
  }
}
