import type { StepView } from '#lib/runs/view'

/** What may stand on the one big button; everything else is a way around it and lives in the menu. */
const MAIN: ReadonlySet<string> = new Set(['act', 'request-approval', 'confirm', 'answer', 'approve', 'retry', 'start', 'record-done'])

export type Next = { readonly main: string | null; readonly others: readonly string[] }

/** The server says what this person may send, the most useful first; the first becomes the button if it goes forward. */
export function nextFor(step: Pick<StepView, 'next'>): Next {
  const [first, ...rest] = step.next
  return first !== undefined && MAIN.has(first) ? { main: first, others: rest } : { main: null, others: step.next }
}
