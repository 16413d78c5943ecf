import { stream } from '#lib/http/sse'

export const dynamic = 'force-dynamic'
export const GET = stream('Live boards as Server-Sent Events: whole, then patches.')
