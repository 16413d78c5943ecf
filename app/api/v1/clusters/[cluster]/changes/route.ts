import { reading } from '#lib/http/endpoint'
import { ListChanges, listChanges } from '#lib/impact/list-changes'

export const GET = reading('cluster.read', ListChanges, listChanges, { about: 'What changed on a cluster, newest first.' })
