import { readiness } from '#lib/http/probes'

export const dynamic = 'force-dynamic'
export const GET = readiness
