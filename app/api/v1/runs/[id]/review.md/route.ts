import { reading } from '#lib/http/endpoint'
import { ById } from '#lib/http/schema'
import { printReview } from '#lib/reviews/show-review'

export const GET = reading('run.read', ById, printReview, { type: 'text/markdown', about: 'The same as a document.' })
