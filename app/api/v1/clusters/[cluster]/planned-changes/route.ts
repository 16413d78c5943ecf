import { endpoint, listing } from '#lib/http/endpoint'
import { PlannedChangesView, PlannedChangeView } from '#lib/impact/expected-view'
import { ListPlannedChanges, listPlannedChanges } from '#lib/impact/list-planned-changes'
import { PlanChange, planChange } from '#lib/impact/plan-change'

export const GET = listing('cluster.read', ListPlannedChanges, listPlannedChanges, {
  answers: PlannedChangesView,
  about: 'What was said to happen on this cluster: now, next and past.',
})
export const POST = endpoint('planned-change.change', PlanChange, planChange, {
  answers: PlannedChangeView,
  status: 201,
  about: 'Says what will happen, where and until when, so that it is not taken for a disaster.',
})
