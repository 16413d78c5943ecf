/** One figure beside its reference, both from this run. `atMost` (or `atLeast`) is the ratio that is allowed; null where none is named. */
export type Row = {
  readonly what: string
  readonly ours: number
  readonly reference: number
  readonly unit: string
  readonly against: string
  readonly atMost: number | null
  readonly atLeast?: number
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.what,
    `${show(row.ours)} ${row.unit}`,
    `${show(row.reference)} ${row.unit}`,
    `${(row.ours / row.reference).toFixed(row.ours / row.reference < 0.1 ? 4 : 2)}×`,
    ...verdict(row),
    row.against,
  ])
  const head = ['what', 'ours', 'reference', 'ratio', 'bound', '', 'reference is']
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((cell) => (cell[i] ?? '').length)))
  for (const cell of [head, widths.map((width) => '-'.repeat(width)), ...cells])
    console.log(cell.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  '))
}

function verdict(row: Row): readonly [bound: string, word: string] {
  const ratio = row.ours / row.reference
  if (row.atLeast !== undefined) return [`≥ ${row.atLeast}×`, ratio >= row.atLeast ? 'within' : 'OVER']
  if (row.atMost !== null) return [`≤ ${row.atMost}×`, ratio <= row.atMost ? 'within' : 'OVER']
  return ['–', '']
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The value below which the share `p` (0..1) of the samples lies. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}
