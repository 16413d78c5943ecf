import { write } from '../../argocd/write-client.ts'
import { at, text } from '../../kernel/wire.ts'
import { fill } from '../../runbooks/evaluate-expression.ts'
import type { Check } from '../../runbooks/schema.ts'
import { type Ground, getNow, resourceFor } from '../ground.ts'
import { objectPath } from '../kind-rules.ts'
import type { Verdict } from '../schema.ts'

type Said = { readonly verdict: Verdict; readonly value: string }

/**
 * Whether admission refuses a deletion, by a dry run of it, which passes through admission and changes nothing. Only a
 * refusal that names the policy is proof: one for want of permission says nothing about the guard.
 */
export async function refusedDeletion(ground: Ground, { refused }: Extract<Check, { refused: unknown }>): Promise<Said> {
  const name = String(await fill(refused.delete.name, ground.bindings))
  const by = String(await fill(refused.by, ground.bindings))
  const resource = resourceFor(ground, refused.delete.kind)
  const told = `${refused.delete.kind} ${name}`
  const live = await getNow(ground.api, resource, '', name)
  if (!live) return { verdict: 'inconclusive', value: `${told} is not there` }
  const answer = await write(
    ground.api,
    {
      method: 'DELETE',
      path: objectPath(resource.apiVersion, resource.plural, '', name),
      query: { dryRun: 'All' },
      body: { apiVersion: 'v1', kind: 'DeleteOptions', dryRun: ['All'], preconditions: { uid: live.ref.uid } },
    },
    { passedLedger: () => false, override: '', forbidden: '' },
  )
  if (!answer.ok) return { verdict: 'inconclusive', value: answer.error.message }
  const { status, body } = answer.value
  const message = text(at(body, 'message'))
  if (status < 300) return { verdict: 'fail', value: `the deletion of ${told} would be accepted` }
  if (message.includes(`'${by}'`)) return { verdict: 'pass', value: `the deletion of ${told} is refused by ${by}` }
  return { verdict: 'inconclusive', value: `the API server answered ${status}, and not for ${by}: ${message.slice(0, 200)}` }
}
