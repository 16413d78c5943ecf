import { reading } from '#lib/http/endpoint'
import { ById } from '#lib/http/schema'
import { showRun } from '#lib/runs/show-run'
import { RunView } from '#lib/runs/view'

export const GET = reading('run.read', ById, showRun, { answers: RunView, about: 'A run as this person sees it.' })
