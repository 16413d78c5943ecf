import { type GateRefusal, type Guard, write } from '../../argocd/write-client.ts'
import { type ApiRequest, type ApiResponse, Unreachable } from '../../cluster/port.ts'
import { backoff, sleep } from '../../kernel/pace.ts'
import { at, dict, list, text } from '../../kernel/wire.ts'
import type { ActItem, ItemState } from '../entry-schema.ts'
import { type Ground, getNow, impersonationRemedy, type LiveObject, NotReadable, resourceFor } from '../ground.ts'
import { groupOf } from './act-item.ts'
import type { PlannedItem } from './act-schema.ts'
import { recognize } from './recognize-rules.ts'

export type Outcome = { readonly key: string; readonly state: ItemState; readonly note: string; readonly uid?: string }
/** How the sender tells that nothing can be done for now, and whether it should give up. */
export type Telling = {
  readonly trouble: (sentence: string) => Promise<void>
  readonly fine: () => Promise<void>
  readonly signal: AbortSignal
}

const TRIES_WHILE_ANSWERED = 6

async function fresh(ground: Ground, item: ActItem): Promise<LiveObject | null> {
  return getNow(ground.api, resourceFor(ground, item.object.kind, groupOf(item.object.apiVersion)), item.object.namespace, item.object.name)
}

function saying(answer: ApiResponse): string {
  return text(at(answer.body, 'message')) || `the API server answered ${answer.status}`
}

/** A refusal in a sentence with the remedy. */
function refusedBecause(answer: ApiResponse): string {
  const causes = list(at(answer.body, 'details', 'causes')).map((cause) => text(dict(cause).reason))
  if (causes.includes('NamespaceTerminating')) return `${saying(answer)} Wait until the namespace is gone and made again, then try again.`
  const remedy = impersonationRemedy(saying(answer))
  if (remedy) return `${saying(answer)}.${remedy}`
  if (answer.status === 403) return `${saying(answer)} Let somebody with that permission act, or grant it, then try again.`
  if (answer.status === 401) return 'The cluster does not accept our credentials (401). Renew them, then try again.'
  return saying(answer)
}

function isUnsure(answer: ApiResponse): boolean {
  return answer.status >= 500 || answer.status === 429 || answer.status === 408
}

function refused(item: PlannedItem, shut: GateRefusal): Outcome {
  return { key: item.item.key, state: 'failed', note: shut.message }
}

/** What one fresh read says of an item whose outcome is not known; null: it was not carried out. */
export async function settleDoubt(ground: Ground, item: ActItem, act: string): Promise<Outcome | null> {
  const now = await fresh(ground, item)
  const word = recognize(item, now?.object ?? null, act)
  if (word === 'not-done') return null
  const uid = now?.ref.uid
  if (word === 'done') return { key: item.key, state: 'done', note: '', ...(uid ? { uid } : {}) }
  return {
    key: item.key,
    state: 'foreign',
    note: now ? 'somebody else changed it meanwhile: look at it, then try again or record it as done' : 'it is gone, and not by this act',
  }
}

async function once(ground: Ground, item: PlannedItem, request: ApiRequest, guard: Guard, act: string): Promise<Outcome | 'unsure'> {
  const answered = await write(ground.api, request, guard)
  if (!answered.ok) return refused(item, answered.error)
  const answer = answered.value
  const key = item.item.key
  if (answer.status < 300) {
    const uid = text(at(answer.body, 'metadata', 'uid')) || item.item.object.uid
    return { key, state: 'done', note: '', ...(uid ? { uid } : {}) }
  }
  if (isUnsure(answer)) return 'unsure'
  if (answer.status === 404 && item.item.verb === 'delete') return { key, state: 'done', note: 'gone already' }
  if (answer.status === 404 || answer.status === 409 || answer.status === 422) {
    const settled = await settleDoubt(ground, item.item, act)
    if (settled) return settled
  }
  return { key, state: 'failed', note: refusedBecause(answer) }
}

/** What an error makes of an item; null while the cluster is merely away. Throws what is our own mistake. */
function endedBy(error: unknown, key: string): Outcome | null {
  if (error instanceof NotReadable) return { key, state: 'failed', note: error.message }
  if (!(error instanceof Unreachable)) throw error
  return error.blind ? { key, state: 'failed', note: error.message } : null
}

/**
 * Sends one item until its outcome is known. No answer, 429 and 5xx leave it in doubt: a fresh read decides whether
 * the same request with the same preconditions may be sent again. Null when stopped before that.
 */
export async function sendItem(
  ground: Ground,
  item: PlannedItem,
  guard: Guard,
  act: string,
  telling: Telling,
  inDoubt: boolean,
): Promise<Outcome | null> {
  if (!item.request) return { key: item.item.key, state: item.state === 'todo' ? 'failed' : item.state, note: item.note }
  let doubtful = inDoubt
  let answered = 0
  for (let tries = 0; !telling.signal.aborted; tries++) {
    try {
      const settled = doubtful ? await settleDoubt(ground, item.item, act) : null
      if (settled) return settled
      const outcome = await once(ground, item, item.request, guard, act)
      if (outcome !== 'unsure') {
        if (tries > 0) await telling.fine()
        return outcome
      }
      if (++answered >= TRIES_WHILE_ANSWERED)
        return {
          key: item.item.key,
          state: 'failed',
          note: 'the API server answers with errors only: wait until it is well, then try again',
        }
    } catch (error) {
      const ended = endedBy(error, item.item.key)
      if (ended) return ended
      await telling.trouble(
        `The cluster does not answer (${error instanceof Error ? error.message : ''}). Nothing more is done until it does; what was sent is looked up then.`,
      )
    }
    doubtful = true
    await sleep(backoff(tries, 200, 5_000), telling.signal)
  }
  return null
}
