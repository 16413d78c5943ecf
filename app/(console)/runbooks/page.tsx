import type { Metadata } from 'next'
import { RecoveryTabs } from '#components/runbooks/recovery-tabs'
import { RunbookList } from '#components/runbooks/runbook-list'
import { PageHead } from '#components/ui/page-head'
import { read } from '#lib/http/read'
import { listRunbooks } from '#lib/runbooks/list-runbooks'

export const metadata: Metadata = { title: 'Runbooks' }

export default async function RunbooksPage() {
  const { items } = await read('runbook.read', listRunbooks, {})
  return (
    <>
      <PageHead title="Recovery" />
      <RecoveryTabs />
      <RunbookList rows={items} />
    </>
  )
}
