import type { Metadata } from 'next'
import { LiveRefresh } from '#components/live/live-refresh'
import { RecoveryTabs } from '#components/runbooks/recovery-tabs'
import { RunList } from '#components/runs/run-list'
import { PageHead } from '#components/ui/page-head'
import { read } from '#lib/http/read'
import { listRuns } from '#lib/runs/list-runs'

export const metadata: Metadata = { title: 'Runs' }

export default async function RunsPage() {
  const { items } = await read('run.read', listRuns, { limit: 100 })
  return (
    <>
      <PageHead title="Recovery" />
      <RecoveryTabs />
      <LiveRefresh topic="incidents" />
      <RunList rows={items} />
    </>
  )
}
