import { reading } from '#lib/http/endpoint'
import { jsonLines } from '#lib/http/json-lines'
import { ExportBaseline, exportBaseline } from '#lib/runs/export-baseline'

export const GET = reading('cluster.read', ExportBaseline, jsonLines('baseline.yaml', exportBaseline, 'application/yaml'), {
  type: 'application/yaml',
  about: 'The manifests of a baseline as they would be restored.',
})
