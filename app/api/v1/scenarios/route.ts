import { z } from 'zod'
import { listScenarios } from '#lib/drills/list-scenarios'
import { ScenarioView } from '#lib/drills/view'
import { listing } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'

export const GET = listing('drill.read', z.object({}), listScenarios, { answers: pageOf(ScenarioView), about: 'What can be rehearsed.' })
