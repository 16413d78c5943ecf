import { z } from 'zod'
import { reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { listRunbooks } from '#lib/runbooks/list-runbooks'
import { RunbookRow } from '#lib/runbooks/view'

export const GET = reading('runbook.read', z.object({}), listRunbooks, {
  answers: pageOf(RunbookRow),
  about: 'The runbooks with their badges.',
})
