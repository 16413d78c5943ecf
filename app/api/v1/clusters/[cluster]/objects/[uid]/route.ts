import { reading } from '#lib/http/endpoint'
import { ShowObject, showObject } from '#lib/impact/show-object'
import { ObjectView } from '#lib/impact/view'

export const GET = reading('cluster.read', ShowObject, showObject, {
  answers: ObjectView,
  about: 'One object with its owners, what it owns, its tracking and its service.',
})
