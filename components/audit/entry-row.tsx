import type { AuditRow } from '#lib/audit/view'
import { Clock } from '../ui/time.tsx'

type Props = { readonly row: AuditRow; readonly open: boolean; readonly onToggle: () => void }

export function EntryRow({ row, open, onToggle }: Props) {
  return (
    <tr
      data-seq={row.seq}
      className="align-baseline hover:bg-sunken max-md:grid max-md:grid-cols-[3.5rem_minmax(0,1fr)_auto] max-md:gap-x-2 max-md:py-2"
    >
      <td className="py-1 max-md:py-0">
        <button
          type="button"
          onClick={onToggle}
          aria-expanded={open}
          className="tabular -ml-1 min-h-6 min-w-6 px-1 text-left underline underline-offset-2"
        >
          {row.seq}
          <span className="sr-only">, details</span>
        </button>
      </td>
      <td className="py-1 text-soft max-md:order-3 max-md:py-0">
        <Clock at={row.at} />
      </td>
      <td className="truncate py-1 pr-3 max-md:order-4 max-md:col-span-2 max-md:col-start-2 max-md:py-0" title={row.actor}>
        {row.actor}
      </td>
      <td className="truncate py-1 pr-3 font-mono text-xs max-md:py-0">{row.kind}</td>
      <td
        className="truncate py-1 pr-3 max-md:order-5 max-md:col-span-2 max-md:col-start-2 max-md:whitespace-normal max-md:py-0"
        title={row.summary}
      >
        {row.summary}
      </td>
      <td className="py-1 text-right font-mono text-xs text-soft max-md:hidden">{row.hash.slice(0, 12)}</td>
    </tr>
  )
}
