import { endpoint } from '#lib/http/endpoint'
import { AcknowledgeSignal, acknowledgeSignal } from '#lib/impact/acknowledge-signal'
import { SignalView } from '#lib/impact/view'

export const POST = endpoint('signal.acknowledge', AcknowledgeSignal, acknowledgeSignal, {
  answers: SignalView,
  about: 'Somebody has seen it; it stays open.',
})
