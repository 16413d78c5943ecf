import type { Metadata } from 'next'
import { RunbookScreen } from '#components/runbooks/runbook-screen'
import { StartRunbook } from '#components/runbooks/start-runbook'
import { read } from '#lib/http/read'
import { showRunbook } from '#lib/runbooks/list-runbooks'
import { readSituation } from '../../read-situation.ts'

type Props = { readonly params: Promise<{ name: string }>; readonly searchParams: Promise<{ start?: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) }
}

export default async function RunbookPage({ params, searchParams }: Props) {
  const name = decodeURIComponent((await params).name)
  const [view, { clusters }, { start }] = await Promise.all([read('runbook.read', showRunbook, { name }), readSituation(), searchParams])
  const starter = view.plan.length > 0 ? <StartRunbook runbook={view.name} clusters={clusters} openNow={start === '1'} /> : null
  return <RunbookScreen view={view} start={starter} />
}
