import { endpoint, reading } from '#lib/http/endpoint'
import { ListRuns, pageOf } from '#lib/http/schema'
import { listRuns } from '#lib/runs/list-runs'
import { StartRun } from '#lib/runs/schema'
import { startRun } from '#lib/runs/start-run'
import { RunSummary, RunView } from '#lib/runs/view'

export const GET = reading('run.read', ListRuns, listRuns, { answers: pageOf(RunSummary), about: 'Runs, newest first.' })
export const POST = endpoint('run.start', StartRun, startRun, { answers: RunView, status: 201, about: 'Starts a run of a runbook.' })
