import { reading } from '#lib/http/endpoint'
import { EntriesFrom } from '#lib/http/schema'
import { listEntries } from '#lib/runs/list-runs'

export const GET = reading('run.read', EntriesFrom, listEntries, { about: "The run's part of the audit chain, in order." })
