'use client'
import { Download } from 'lucide-react'
import { usePathname, useRouter } from 'next/navigation'
import { Fragment, useState, useTransition } from 'react'
import type { AuditHead, AuditRow } from '#lib/audit/view'
import { call } from '#lib/http/call'
import { Button, buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Input } from '../ui/field.tsx'
import { PageHead } from '../ui/page-head.tsx'
import { useToast } from '../ui/toast.tsx'
import { AuditEntry } from './audit-entry.tsx'
import { ChainHead } from './chain-head.tsx'
import { EntryRow } from './entry-row.tsx'

export type AuditFilters = {
  readonly stream: string
  readonly actor: string
  readonly kind: string
  readonly from: string
  readonly to: string
}
type Page = { readonly items: readonly AuditRow[]; readonly next: string | null }
type Props = { readonly painted: Page; readonly head: AuditHead; readonly filters: AuditFilters; readonly mayExport: boolean }

const FIELDS = [
  ['stream', 'Stream, such as run:*'],
  ['actor', 'Actor'],
  ['kind', 'Kind, such as step.*'],
  ['from', 'From (UTC)'],
  ['to', 'To (UTC)'],
] as const

export function AuditScreen({ painted, head, filters, mayExport }: Props) {
  const [more, setMore] = useState<readonly AuditRow[]>([])
  const [next, setNext] = useState(painted.next)
  const [open, setOpen] = useState<number | null>(null)
  const [busy, startTransition] = useTransition()
  const router = useRouter()
  const path = usePathname()
  const toast = useToast()
  const rows = [...painted.items, ...more]
  const filtered = Object.values(filters).some(Boolean)

  function apply(form: FormData) {
    const query = new URLSearchParams()
    for (const [name] of FIELDS) {
      const value = String(form.get(name) ?? '').trim()
      if (value) query.set(name, value)
    }
    startTransition(() => router.push(`${path}?${query}`))
  }
  async function older() {
    const query = new URLSearchParams({
      limit: '100',
      cursor: next ?? '',
      ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value)),
    })
    const answer = await call.get<Page>(`/audit?${query}`)
    if (!answer.ok) return toast({ tone: 'danger', text: answer.error.detail ?? answer.error.title })
    setMore([...more, ...answer.value.items])
    setNext(answer.value.next)
  }

  return (
    <>
      <PageHead
        title="Record"
        about="Every command, act, verdict and signal, in one chain of hashes. Nothing in it can be changed or taken out unseen."
        aside={
          mayExport ? (
            <a href="/api/v1/audit/export" className={buttonClass('quiet')} download>
              <Download size={15} aria-hidden />
              Export
            </a>
          ) : null
        }
      />
      <ChainHead head={head} />
      <form action={apply} className="mb-2 grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-[repeat(5,minmax(0,1fr))_auto]">
        {FIELDS.map(([name, label]) => (
          <Input key={name} name={name} aria-label={label} placeholder={label} defaultValue={filters[name]} spellCheck={false} />
        ))}
        <div className="flex gap-2">
          <Button type="submit" disabled={busy}>
            Filter
          </Button>
          {filtered ? (
            <Button look="plain" onClick={() => router.push(path)}>
              Clear
            </Button>
          ) : null}
        </div>
      </form>
      {rows.length === 0 ? (
        <Empty title={filtered ? 'No entry fits these filters.' : 'The record is empty.'}>
          {filtered ? 'A stream or kind may end in *; times are UTC, such as 2026-11-22T02:13:00Z.' : 'It begins with the first sign-in.'}
        </Empty>
      ) : (
        <table className="w-full table-fixed text-left text-sm max-md:block">
          <thead className="text-soft max-md:sr-only">
            <tr className="border-b border-line">
              <th scope="col" className="w-16 py-1.5 font-normal">
                Entry
              </th>
              <th scope="col" className="w-40 font-normal">
                When
              </th>
              <th scope="col" className="w-40 font-normal">
                Who
              </th>
              <th scope="col" className="w-52 font-normal">
                Kind
              </th>
              <th scope="col" className="font-normal">
                What
              </th>
              <th scope="col" className="w-28 text-right font-normal">
                Hash
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line max-md:block">
            {rows.map((row) => (
              <Fragment key={row.seq}>
                <EntryRow row={row} open={open === row.seq} onToggle={() => setOpen(open === row.seq ? null : row.seq)} />
                {open === row.seq ? (
                  <tr className="max-md:block">
                    <td colSpan={6} className="max-md:block">
                      <AuditEntry row={row} />
                    </td>
                  </tr>
                ) : null}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      {next ? (
        <Button className="mt-4" onClick={() => void older()}>
          Older entries
        </Button>
      ) : null}
    </>
  )
}
