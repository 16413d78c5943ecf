import { z } from 'zod'
import { listScenarios } from '#lib/drills/list-scenarios'
import { ScenarioView } from '#lib/drills/view'
import { reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'

export const GET = reading('drill.read', z.object({}), listScenarios, { answers: pageOf(ScenarioView), about: 'What can be rehearsed.' })
