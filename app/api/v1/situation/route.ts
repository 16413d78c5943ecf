import { reading } from '#lib/http/endpoint'
import { lookAtPast } from '#lib/impact/look-at-past'
import { ShowSituation, showSituation } from '#lib/impact/show-situation'
import { SituationView } from '#lib/impact/view'

export const GET = reading('situation.read', ShowSituation, lookAtPast(showSituation), {
  answers: SituationView,
  about: 'Everything at a glance; with `at` as it was recorded then.',
})
