import { z } from 'zod'
import { listing } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { listRunbooks } from '#lib/runbooks/list-runbooks'
import { RunbookRow } from '#lib/runbooks/view'

export const GET = listing('runbook.read', z.object({}), listRunbooks, {
  answers: pageOf(RunbookRow),
  about: 'The runbooks with their badges.',
})
