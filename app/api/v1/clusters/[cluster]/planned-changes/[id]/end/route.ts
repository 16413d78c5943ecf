import { endpoint } from '#lib/http/endpoint'
import { EndPlannedChange, endPlannedChange } from '#lib/impact/end-planned-change'
import { PlannedChangeView } from '#lib/impact/expected-view'

export const POST = endpoint('planned-change.change', EndPlannedChange, endPlannedChange, {
  answers: PlannedChangeView,
  about: 'Ends a planned change before its time.',
})
