import { endpoint, listing } from '#lib/http/endpoint'
import { ListBaselines, listBaselines, PinBaseline, pinBaseline } from '#lib/impact/pin-baseline'
import { BaselineRow, BaselinesView } from '#lib/impact/view'

export const GET = listing('cluster.read', ListBaselines, listBaselines, {
  answers: BaselinesView,
  about: 'Pinned moments of the recorded history.',
})
export const POST = endpoint('baseline.pin', PinBaseline, pinBaseline, {
  answers: BaselineRow,
  status: 201,
  about: 'Pins a moment to compare with.',
})
