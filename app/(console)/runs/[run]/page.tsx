import type { Metadata } from 'next'
import { cache } from 'react'
import { RunScreen } from '#components/runs/run-screen'
import { Markdown } from '#components/ui/markdown'
import { read } from '#lib/http/read'
import { showRun } from '#lib/runs/show-run'

type Props = { readonly params: Promise<{ run: string }> }

const readRun = cache((id: string) => read('run.read', showRun, { id }))

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { kind, title } = await readRun((await params).run)
  return { title: kind === 'incident' ? title : `${kind.toUpperCase()}: ${title}` }
}

export default async function RunPage({ params }: Props) {
  const run = await readRun((await params).run)
  const steps = run.phases.flatMap((phase) => phase.steps)
  const texts = Object.fromEntries(steps.filter((step) => step.text).map((step) => [step.id, <Markdown key={step.id} text={step.text} />]))
  return <RunScreen key={run.id} painted={run} texts={texts} />
}
