import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { no, ok, type Result } from '../kernel/result.ts'
import { Catalog } from './schema.ts'

export const NO_CATALOG: Catalog = { rules: [], ephemeral: [] }

export type CatalogRefusal = { readonly code: 'bad-services-yaml'; readonly message: string }

/** `services.yaml` from its text; the refusal names the place and what to write instead. */
export function readCatalog(text: string): Result<Catalog, CatalogRefusal> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = document.errors[0]
  if (broken) return no({ code: 'bad-services-yaml', message: broken.message })
  const parsed = Catalog.safeParse(document.toJS() ?? {})
  if (parsed.success) return ok(parsed.data)
  const told = parsed.error.issues.map((issue) => {
    const path = issue.path.filter((key) => typeof key !== 'symbol')
    const { line, col } = lines.linePos(offsetOf(document, path))
    return `line ${line}, column ${col}: ${path.join('.') || 'services.yaml'}: ${issue.message}`
  })
  return no({ code: 'bad-services-yaml', message: told.join('; ') })
}

/** Where a value stands, or the nearest thing around it that is written. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}
