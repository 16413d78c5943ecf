import type { AuditRow } from '#lib/audit/view'
import { Code } from '../ui/code.tsx'

/** The entry as it was hashed. What is shown indented is the same value; the copied text is the canonical one. */
export function AuditEntry({ row }: { readonly row: AuditRow }) {
  return (
    <div className="border-l-4 border-edge py-2 pl-4">
      <dl className="grid gap-x-4 gap-y-0.5 text-sm sm:grid-cols-[8rem_minmax(0,1fr)] [&_dd]:break-all [&_dd]:font-mono [&_dd]:text-xs [&_dd]:leading-5 [&_dt]:text-soft">
        <dt>stream</dt>
        <dd>
          {row.stream} · version {row.streamVersion}
        </dd>
        <dt>actor</dt>
        <dd>{row.actorId}</dd>
        <dt>at (UTC)</dt>
        <dd>{row.at}</dd>
        <dt>hash</dt>
        <dd>{row.hash}</dd>
        <dt>hash before</dt>
        <dd>{row.prev}</dd>
      </dl>
      <p className="mt-3 mb-1 text-sm text-soft">Canonical payload (RFC 8785), as it was hashed</p>
      <Code lines={[row.body]} label="Copy" />
      <details className="mt-2">
        <summary className="inline-flex min-h-7 items-center text-sm underline underline-offset-2">Easier to read</summary>
        <div className="mt-1">
          <Code lines={indented(row.body)} />
        </div>
      </details>
    </div>
  )
}

function indented(body: string): string[] {
  try {
    return JSON.stringify(JSON.parse(body), null, 2).split('\n')
  } catch {
    return [body]
  }
}
