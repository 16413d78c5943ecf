import { stringify } from 'yaml'
import { z } from 'zod'
import { groupOf } from '../argocd/rules.ts'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { listBaselineRows } from '../impact/store-read.ts'
import type { Clusters, History } from '../inventory/port.ts'
import { sanitize, setAside } from '../inventory/sanitize-rules.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { applyOrder } from './kind-rules.ts'
import { isRestorable } from './restore-rules.ts'

export const ExportBaseline = z.object({ cluster: z.string(), id: z.string(), namespace: z.string().optional() })
export type ExportBaseline = z.infer<typeof ExportBaseline>

/** The manifests of a baseline as they would be restored, as YAML in the order in which they can be applied. */
export async function exportBaseline(
  ctx: { readonly clusters: Clusters; readonly db: Pick<Db, 'pool'> },
  _permit: Permit<'cluster.read'>,
  input: ExportBaseline,
): Promise<Result<AsyncGenerator<string>, { readonly code: 'not-found'; readonly message: string }>> {
  const history = ctx.clusters.get(input.cluster)?.history
  const [baseline] = history ? await listBaselineRows(ctx.db, input.cluster, input.id) : []
  if (!history || !baseline) return no({ code: 'not-found', message: `There is no such baseline of ${input.cluster}.` })
  const head = `# ${input.cluster} as of ${baseline.at}: ${baseline.label.replaceAll(/\s+/g, ' ')}\n`
  return ok(documents(history, new Date(baseline.at), head, input.namespace))
}

async function* documents(history: History, at: Date, head: string, namespace: string | undefined): AsyncGenerator<string> {
  yield `${head}# Secrets are not in it. What was redacted when it was recorded says so above its document.\n`
  const kinds = new Map((await history.at(at)).map((one) => [`${groupOf(one.apiVersion)}/${one.kind}`, one]))
  const ordered = [...kinds].sort(([a, one], [b, other]) => applyOrder(one.kind) - applyOrder(other.kind) || a.localeCompare(b))
  for (const [, { kind, apiVersion }] of ordered) {
    for (const { manifest, redacted } of await history.manifests(kind, at, false, groupOf(apiVersion))) {
      const clean = setAside(sanitize(manifest))
      const home = (clean.manifest.metadata as { namespace?: string }).namespace
      if (!isRestorable(manifest) || (namespace !== undefined && home !== namespace)) continue
      const notes = [
        ...(redacted ? ['# redacted: values were taken out when it was recorded\n'] : []),
        ...clean.aside.map((one) => `# kept aside: ${one.field} was ${JSON.stringify(one.value)}; ${one.why}\n`),
      ]
      yield `---\n${notes.join('')}${stringify(clean.manifest, { aliasDuplicateObjects: false, lineWidth: 0 })}`
    }
  }
}
