import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunbookFile, Runbooks } from './port.ts'
import { readRunbook } from './read-runbook.ts'

type Kept = { readonly at: number; readonly size: number; readonly file: RunbookFile }

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}

/** The runbooks of some folders, read anew when a file changes. One that is broken is told with its problems; the others go on. */
export function loadRunbooks(folders: readonly string[]): Runbooks {
  const kept = new Map<string, Kept>()
  async function read(path: string): Promise<RunbookFile | null> {
    try {
      const { mtimeMs, size } = await stat(path)
      const known = kept.get(path)
      if (known?.at === mtimeMs && known.size === size) return known.file
      const file = readRunbook(await readFile(path, 'utf8'), path)
      kept.set(path, { at: mtimeMs, size, file })
      return file
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return {
        name:
          path
            .split('/')
            .at(-1)
            ?.replace(/\.ya?ml$/, '') ?? path,
        file: path,
        source: '',
        hash: '',
        document: null,
        problems: [{ line: 1, column: 1, message, severity: 'error' }],
      }
    }
  }
  async function all(): Promise<readonly RunbookFile[]> {
    const files: RunbookFile[] = []
    for (const folder of folders)
      for (const path of await filesIn(folder)) {
        const one = await read(path)
        if (!one) continue
        const twin = files.find((other) => other.name === one.name)
        files.push(
          twin
            ? {
                ...one,
                document: null,
                problems: [
                  { line: 1, column: 1, message: `${twin.file} has the same name: give one of them another`, severity: 'error' },
                  ...one.problems,
                ],
              }
            : one,
        )
      }
    return files
  }
  return { all, get: async (name) => (await all()).find((one) => one.name === name) }
}
