import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Rehearsals } from '#components/runbooks/rehearsals'
import { Situation } from '#components/situation/situation'
import { read } from '#lib/http/read'
import { listRunbooks } from '#lib/runbooks/list-runbooks'
import { readSituation } from './read-situation.ts'

export const metadata: Metadata = { title: 'Situation' }

export default async function SituationPage() {
  return (
    <Situation
      painted={await readSituation()}
      rehearsals={
        <Suspense>
          <ToRehearse />
        </Suspense>
      }
    />
  )
}

async function ToRehearse() {
  const { items } = await read('runbook.read', listRunbooks, {})
  return <Rehearsals rows={items} now={Date.now()} />
}
