/** One figure beside its reference, both from this run. `atMost` is the ratio that the design allows; null where it names none. */
export type Row = {
  readonly what: string
  readonly ours: number
  readonly reference: number
  readonly unit: string
  readonly against: string
  readonly atMost: number | null
}

export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => {
    const ratio = row.ours / row.reference
    const verdict = row.atMost === null ? '' : ratio <= row.atMost ? 'within' : 'OVER'
    return [
      row.what,
      `${show(row.ours)} ${row.unit}`,
      `${show(row.reference)} ${row.unit}`,
      `${ratio.toFixed(2)}×`,
      row.atMost === null ? '–' : `≤ ${row.atMost}×`,
      verdict,
      row.against,
    ]
  })
  const head = ['what', 'ours', 'reference', 'ratio', 'bound', '', 'reference is']
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((cell) => (cell[i] ?? '').length)))
  for (const cell of [head, widths.map((width) => '-'.repeat(width)), ...cells])
    console.log(cell.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  '))
}

function show(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** The value below which the share `p` (0..1) of the samples lies. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}
