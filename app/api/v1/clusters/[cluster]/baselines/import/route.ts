import { endpoint } from '#lib/http/endpoint'
import { ImportBaseline, importBaseline, MOST_IMPORTED } from '#lib/impact/import-baseline'
import { BaselineRow } from '#lib/impact/view'

export const POST = endpoint('baseline.pin', ImportBaseline, importBaseline, {
  answers: BaselineRow,
  status: 201,
  text: { as: 'yaml', upTo: MOST_IMPORTED },
  about: 'Makes a baseline out of an argocd export or of manifests: JSON with `yaml`, or the file as the body.',
})
