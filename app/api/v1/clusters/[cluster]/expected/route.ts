import { reading } from '#lib/http/endpoint'
import { ExpectedView } from '#lib/impact/expected-view'
import { ShowExpected, showExpected } from '#lib/impact/show-expected'

export const GET = reading('cluster.read', ShowExpected, showExpected, {
  answers: ExpectedView,
  about: 'All that is not taken for a disaster: planned changes, what comes and goes by itself, accepted removals.',
})
