import type { ChangeRow, ChangesView } from '#lib/impact/view'

type Gap = ChangesView['gaps'][number]
export type Line =
  | { readonly key: string; readonly change: ChangeRow; readonly gap?: never }
  | { readonly key: string; readonly gap: Gap; readonly change?: never }

/** Changes and gaps in one list, newest first: a gap stands where it ended, before what came earlier. */
export function linesOf(view: Pick<ChangesView, 'items' | 'gaps' | 'next'>): readonly Line[] {
  const oldest = view.items.at(-1)?.at
  const gaps = view.gaps
    .filter((gap) => view.next === null || oldest === undefined || gap.to >= oldest)
    .map((gap): Line & { at: string } => ({ key: `gap ${gap.from} ${gap.to} ${gap.why}`, gap, at: gap.to }))
  const changes = view.items.map((change, index): Line & { at: string } => ({
    key: `${change.at} ${change.uid} ${change.what} ${view.items.length - index}`,
    change,
    at: whenOf(change, view.gaps),
  }))
  return [...gaps, ...changes].sort((a, b) => b.at.localeCompare(a.at))
}

/** What was found changed after a gap happened in it, and stands below it. */
function whenOf(change: ChangeRow, gaps: readonly Gap[]): string {
  const gap = inGap(change, gaps)
  return gap && gap.to < change.at ? gap.to : change.at
}

/** The gap in which a change happened, when it is known no better. */
export function inGap(change: ChangeRow, gaps: readonly Gap[]): Gap | undefined {
  return change.after === null ? undefined : gaps.find((gap) => gap.from === change.after)
}
