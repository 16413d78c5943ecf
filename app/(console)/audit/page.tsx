import type { Metadata } from 'next'
import { AuditScreen } from '#components/audit/audit-screen'
import { ListAudit, listAudit } from '#lib/audit/list-audit'
import { showHead } from '#lib/audit/show-head'
import { showMe } from '#lib/auth/show-me'
import { read } from '#lib/http/read'

export const metadata: Metadata = { title: 'Record' }

const NAMES = ['stream', 'actor', 'kind', 'from', 'to'] as const

export default async function AuditPage({
  searchParams,
}: {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const query = await searchParams
  const asked = Object.fromEntries(NAMES.map((name) => [name, typeof query[name] === 'string' ? query[name] : ''])) as Record<
    (typeof NAMES)[number],
    string
  >
  const input = ListAudit.safeParse(Object.fromEntries(Object.entries(asked).filter(([, value]) => value)))
  const [page, head, me] = await Promise.all([
    input.success ? read('audit.read', listAudit, input.data) : { items: [], next: null },
    read('audit.read', showHead, {}),
    read('me.read', showMe, {}),
  ])
  return (
    <AuditScreen
      key={JSON.stringify(asked)}
      painted={page}
      head={head}
      filters={asked}
      mayExport={me.permissions.includes('audit.export')}
    />
  )
}
