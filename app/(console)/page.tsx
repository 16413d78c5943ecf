import type { Metadata } from 'next'
import { Suspense } from 'react'
import { Rehearsals } from '#components/runbooks/rehearsals'
import { Situation } from '#components/situation/situation'
import { ask } from '#lib/http/read'
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

/** The one part that needs the record: without it the situation is shown all the same. */
async function ToRehearse() {
  const list = await ask('runbook.read', listRunbooks, {})
  return list.ok && list.value.items.every((row) => row.pastKnown) ? <Rehearsals rows={list.value.items} now={Date.now()} /> : null
}
