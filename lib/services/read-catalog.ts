import { parse, YAMLParseError } from 'yaml'
import { no, ok, type Result } from '../kernel/result.ts'
import { Catalog } from './schema.ts'

export const NO_CATALOG: Catalog = { rules: [], ephemeral: [] }

export type CatalogRefusal = { readonly code: 'bad-services-yaml'; readonly message: string }

/** `services.yaml` from its text; the refusal names the place and what to write instead. */
export function readCatalog(text: string): Result<Catalog, CatalogRefusal> {
  try {
    const parsed = Catalog.safeParse(parse(text) ?? {})
    if (parsed.success) return ok(parsed.data)
    return no({
      code: 'bad-services-yaml',
      message: parsed.error.issues.map((issue) => `${issue.path.join('.') || 'services.yaml'}: ${issue.message}`).join('; '),
    })
  } catch (error) {
    if (error instanceof YAMLParseError) return no({ code: 'bad-services-yaml', message: error.message })
    throw error
  }
}
