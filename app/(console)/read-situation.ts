import { cache } from 'react'
import { read } from '#lib/http/read'
import { showSituation } from '#lib/impact/show-situation'

/** The frame and the page need the same moment; one request reads it once. */
export const readSituation = cache(() => read('situation.read', showSituation, {}))
