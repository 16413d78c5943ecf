import type { Kind } from './kinds.ts'
import { ApiRefusal } from './port.ts'
import type { Shape } from './read-options.ts'

type Media = { readonly type: string; readonly params: Readonly<Record<string, string>> }

const TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const READABLE = new Set([...TYPES, '*/*', 'application/*', 'application/cbor'])

/** The media types of an Accept header in order of preference; an absent one accepts anything. */
function mediaOf(accept: string): Media[] {
  return (accept === '' ? '*/*' : accept).split(',').map((entry) => {
    const [type = '', ...params] = entry.split(';').map((part) => part.trim())
    return { type: type.toLowerCase(), params: Object.fromEntries(params.map((param) => param.split('=').map((side) => side.trim()))) }
  })
}

function notAcceptable(message: string): ApiRefusal {
  return new ApiRefusal({ code: 406, reason: 'NotAcceptable', message })
}

function nothingFits(): ApiRefusal {
  return notAcceptable(`only the following media types are accepted: ${TYPES.join(', ')}`)
}

/** Refuses (406) an Accept header none of whose types any path of this server could be read in. */
function checkReadable(media: readonly Media[]): void {
  if (media.some(({ type }) => READABLE.has(type))) return
  const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
  const message = `406: Not Acceptable\n\nAvailable representations: ${[...TYPES, ...streams].join(', ')}`
  throw new ApiRefusal({ code: 406, reason: 'NotAcceptable', message, details: {} })
}

/** How Go names what a path answers with, in refusals of another representation. */
function goName({ crd, group, kind }: Kind, list: boolean): string {
  if (crd) return list ? '*unstructured.UnstructuredList' : '*unstructured.Unstructured'
  return `*${group === '' ? 'core' : group.split('.')[0]}.${kind}${list ? 'List' : ''}`
}

function shapeOfMedia({ type, params }: Media, kind: Kind, list: boolean): Shape | null {
  const { as } = params
  if (!READABLE.has(type)) return null
  if (as === undefined) return 'full'
  if (params.g !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(params.v ?? '')) return null
  if (as === 'Table') return 'table'
  if (as === 'PartialObjectMetadata' && list)
    throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${goName(kind, true)})`)
  if (as === 'PartialObjectMetadataList' && !list)
    throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list type (${goName(kind, false)})`)
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'partial' : null
}

/** The representation of an object or list that an Accept header asks for; throws `ApiRefusal` 406 when there is none. */
export function shapeFor(accept: string, kind: Kind, list: boolean): Shape {
  const media = mediaOf(accept)
  checkReadable(media)
  for (const each of media) {
    const shape = shapeOfMedia(each, kind, list)
    if (shape) return shape
  }
  throw nothingFits()
}

/** Whether discovery is asked for in its aggregated form; throws `ApiRefusal` 406 when it cannot be given as asked. */
export function wantsAggregated(accept: string, possible: boolean): boolean {
  const media = mediaOf(accept)
  checkReadable(media)
  for (const { type, params } of media) {
    if (!READABLE.has(type)) continue
    if (params.as === undefined) return false
    if (possible && params.as === 'APIGroupDiscoveryList' && params.g === 'apidiscovery.k8s.io' && params.v === 'v2') return true
  }
  throw nothingFits()
}
