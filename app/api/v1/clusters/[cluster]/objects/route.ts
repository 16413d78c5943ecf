import { reading } from '#lib/http/endpoint'
import { ListObjects, listObjects } from '#lib/impact/list-objects'

export const GET = reading('cluster.read', ListObjects, listObjects, { about: 'The inventory with health, service and uid.' })
