import { ListDrills, listDrills } from '#lib/drills/list-drills'
import { startDrill } from '#lib/drills/start-drill'
import { DrillView, StartDrill } from '#lib/drills/view'
import { endpoint, reading } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'

export const GET = reading('drill.read', ListDrills, listDrills, {
  answers: pageOf(DrillView),
  about: 'Drills with their times, newest first.',
})
export const POST = endpoint('drill.start', StartDrill, startDrill, {
  answers: DrillView,
  status: 201,
  about: 'Starts a drill on a fresh sandbox or a drill cluster.',
})
