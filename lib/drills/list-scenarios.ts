import type { Permit } from '../auth/schema.ts'
import { ok, type Result } from '../kernel/result.ts'
import type { DrillGround } from './port.ts'
import type { ScenarioView } from './view.ts'

/** What can be rehearsed here, as it stands in the scenario files. */
export function listScenarios(
  ctx: { readonly ground: DrillGround },
  _permit: Permit<'drill.read'>,
): Result<{ items: ScenarioView[]; next: null }, never> {
  return ok({ items: ctx.ground.scenarios().map((one) => one.view), next: null })
}
