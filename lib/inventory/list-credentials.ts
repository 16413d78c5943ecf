import { z } from 'zod'
import type { Permit } from '../auth/schema.ts'
import { oldestFreshness } from '../cluster/rules.ts'
import { Freshness } from '../cluster/schema.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { REFERRING, requiredCredentials } from './credential-rules.ts'
import type { Clusters } from './port.ts'

export const ListCredentials = z.object({ cluster: z.string(), namespace: z.string().optional() })
export type ListCredentials = z.infer<typeof ListCredentials>

export const CredentialsView = z.object({
  cluster: z.string(),
  observedAt: z.string().nullable(),
  freshness: Freshness,
  items: z.array(
    z.object({
      id: z.string(),
      what: z.enum(['secret', 'repository', 'cluster']),
      namespace: z.string(),
      name: z.string(),
      keys: z.array(z.string()),
      neededBy: z.array(z.object({ kind: z.string(), namespace: z.string(), name: z.string() })),
      present: z.boolean().nullable(),
    }),
  ),
  next: z.string().nullable(),
})
export type CredentialsView = z.infer<typeof CredentialsView>

/** What a cluster needs to run again that no manifest holds; derived from what refers to it, without reading a Secret. */
export async function listCredentials(
  ctx: { readonly clusters: Clusters },
  _permit: Permit<'cluster.read'>,
  input: ListCredentials,
): Promise<Result<CredentialsView, { code: 'not-found'; message: string }>> {
  const watched = ctx.clusters.get(input.cluster)
  if (!watched) return no({ code: 'not-found', message: `There is no cluster ${input.cluster}.` })
  const { inventory, entry } = watched
  const namesListed = entry.secrets === 'names' && inventory.freshness('Secret', '') === 'live'
  const found = requiredCredentials(inventory, namesListed).filter(
    (one) => input.namespace === undefined || one.namespace === input.namespace,
  )
  const rests = inventory.kinds().filter((one) => (REFERRING as readonly string[]).includes(one.kind))
  return ok({
    cluster: input.cluster,
    ...oldestFreshness(rests, inventory.facts()),
    items: found.map((one) => ({ ...one, keys: [...one.keys], neededBy: [...one.neededBy] })),
    next: null,
  })
}
