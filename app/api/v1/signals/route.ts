import { listing } from '#lib/http/endpoint'
import { pageOf } from '#lib/http/schema'
import { ListSignals, listSignals } from '#lib/impact/list-signals'
import { SignalView } from '#lib/impact/view'

export const GET = listing('signal.read', ListSignals, listSignals, {
  answers: pageOf(SignalView),
  about: 'Detected disasters, open ones and those of the last day.',
})
