import type { RunbookDocument } from './schema.ts'

export type Problem = { readonly line: number; readonly column: number; readonly message: string; readonly severity: 'error' | 'warning' }
/** One file of a runbook folder. A file with errors has no document, and the others go on. */
export type RunbookFile = {
  readonly name: string
  readonly file: string
  readonly source: string
  readonly hash: string
  readonly document: RunbookDocument | null
  readonly problems: readonly Problem[]
}

/** Whether a runbook could be carried out as things stand, by the newest look at it. */
export interface Readiness {
  of(runbook: string): 'ready' | 'action-required' | 'unknown'
}

/** The runbooks of this installation, as the files stand now. */
export interface Runbooks {
  all(): Promise<readonly RunbookFile[]>
  get(name: string): Promise<RunbookFile | undefined>
}
