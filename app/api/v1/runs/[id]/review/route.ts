import { reading } from '#lib/http/endpoint'
import { ById } from '#lib/http/schema'
import { showReview } from '#lib/reviews/show-review'
import { ReviewView } from '#lib/reviews/view'

export const GET = reading('run.read', ById, showReview, { answers: ReviewView, about: 'What happened, from the entries alone.' })
