import { faultText, readYaml } from '../config/read-yaml.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { Catalog } from './schema.ts'

export const NO_CATALOG: Catalog = { rules: [], ephemeral: [] }

export type CatalogRefusal = { readonly code: 'bad-services-yaml'; readonly message: string }

/** `services.yaml` from its text; the refusal names the place and what to write instead. */
export function readCatalog(text: string, file = 'services.yaml'): Result<Catalog, CatalogRefusal> {
  const read = readYaml(text, file, Catalog)
  return read.ok ? ok(read.value) : no({ code: 'bad-services-yaml', message: faultText(read.error) })
}
