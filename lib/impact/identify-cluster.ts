import { z } from 'zod'
import { appendAudit } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import type { Clusters } from '../inventory/port.ts'
import { newId } from '../kernel/id.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { noCluster } from './list-services.ts'
import { actorRef } from './store.ts'

export const IdentifyCluster = z.object({
  cluster: z.string(),
  answer: z.enum(['rebuilt', 'wrong-kubeconfig']).meta({
    description: '`rebuilt`: it is the same platform on new machines, and recording goes on. `wrong-kubeconfig`: it is another one.',
  }),
  is: z.string().min(1).meta({ description: 'The uid of kube-system of the cluster that answers now, as the signal shows it.' }),
  key: z.string().optional(),
})
export type IdentifyCluster = z.infer<typeof IdentifyCluster>

export const Identified = z.object({ cluster: z.string(), answer: z.string(), was: z.string(), is: z.string(), next: z.string() })
export type Identified = z.infer<typeof Identified>
export type IdentifyRefusal = { readonly code: 'not-found' | 'not-now'; readonly message: string }

type Context = { readonly db: Pick<Db, 'tx'>; readonly clusters: Clusters & { reopen(name: string): Promise<void> } }

/** A lead's answer when another cluster answers under a name; until then nothing is recorded and no run may start. */
export async function identifyCluster(
  ctx: Context,
  permit: Permit<'cluster.identify'>,
  input: IdentifyCluster,
): Promise<Result<Identified, IdentifyRefusal>> {
  const { cluster, answer, is } = input
  const watched = ctx.clusters.get(cluster)
  if (!watched) return noCluster(cluster)
  const { replaced } = watched.inventory.facts()
  if (!replaced) return no({ code: 'not-now', message: `${cluster} is the cluster that was recorded: there is nothing to answer.` })
  if (replaced.is !== is)
    return no({ code: 'not-now', message: `Meanwhile yet another cluster answers as ${cluster} (${replaced.is}): look again.` })
  if (answer === 'rebuilt' && !(await watched.rebuilt?.()))
    return no({ code: 'not-now', message: `Another process of this installation records ${cluster}: ask again in a moment.` })
  await ctx.db.tx((tx) =>
    appendAudit(tx, `cluster:${newId()}`, 0, [
      { actor: actorRef(permit.by), kind: 'cluster.identified', data: { cluster, answer, was: replaced.was, is: replaced.is } },
    ]),
  )
  if (answer === 'wrong-kubeconfig') await ctx.clusters.reopen(cluster)
  const next =
    answer === 'rebuilt'
      ? 'It is recorded again. Baselines are kept; objects are matched by kind, namespace and name.'
      : 'Its kubeconfig was read again. If the same cluster still answers, correct `kubeconfig` or `context` and answer once more.'
  return ok({ cluster, answer, was: replaced.was, is: replaced.is, next })
}
