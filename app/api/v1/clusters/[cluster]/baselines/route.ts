import { endpoint, reading } from '#lib/http/endpoint'
import { ListBaselines, listBaselines, PinBaseline, pinBaseline } from '#lib/impact/pin-baseline'

export const GET = reading('cluster.read', ListBaselines, listBaselines, { about: 'Pinned moments of the recorded history.' })
export const POST = endpoint('baseline.pin', PinBaseline, pinBaseline, { status: 201, about: 'Pins a moment to compare with.' })
