import { EntryRow } from '#lib/audit/view'
import { reading } from '#lib/http/endpoint'
import { EntriesFrom, pageOf } from '#lib/http/schema'
import { listEntries } from '#lib/runs/list-runs'

export const GET = reading('run.read', EntriesFrom, listEntries, {
  answers: pageOf(EntryRow),
  about: "The run's part of the audit chain, in order.",
})
