import { at, text } from '../../kernel/wire.ts'
import type { ActItem } from '../entry-schema.ts'
import { compareChange } from '../pointer-rules.ts'
import { carriesAct } from './sync-rules.ts'

export type Recognized = 'done' | 'not-done' | 'foreign' | 'unknown'

function uidOf(object: unknown): string {
  return text(at(object, 'metadata', 'uid'))
}

type Fresh = Readonly<Record<string, unknown>> | null
/** What an act asked for: the item, one fresh read of its object (null: it is not there) and whether that is another object of the name. */
type Asked = { readonly item: ActItem; readonly fresh: Fresh; readonly isAnother: boolean; readonly act: string }

function bearsAct(fresh: Fresh, act: string): boolean {
  return at(fresh, 'metadata', 'annotations', 'blackstart.dev/act') === act
}

function synced({ fresh, isAnother, act }: Asked): Recognized {
  if (fresh === null || isAnother) return 'foreign'
  if (carriesAct(fresh, act)) return 'done'
  return fresh.operation === undefined ? 'not-done' : 'foreign'
}

function patched({ item, fresh, isAnother }: Asked): Recognized {
  // An object whose last finalizer went is gone at once: that is what was asked for.
  if (fresh === null || isAnother) return item.changes.every((change) => change.path === '/metadata/finalizers') ? 'done' : 'foreign'
  const words = new Set(item.changes.map((change) => compareChange(fresh, change)))
  if (words.size === 1) return [...words][0] ?? 'unknown'
  return words.has('foreign') ? 'foreign' : 'unknown'
}

const BY_VERB: Readonly<Record<ActItem['verb'], (asked: Asked) => Recognized>> = {
  none: () => 'done',
  delete: ({ fresh, isAnother }) =>
    fresh === null || isAnother || text(at(fresh, 'metadata', 'deletionTimestamp')) !== '' ? 'done' : 'not-done',
  finalize: ({ fresh, isAnother }) => (fresh === null || isAnother ? 'done' : 'not-done'),
  create: ({ fresh, act }) => (fresh === null ? 'not-done' : bearsAct(fresh, act) ? 'done' : 'foreign'),
  apply: ({ fresh, act }) => (bearsAct(fresh, act) ? 'done' : 'not-done'),
  sync: synced,
  patch: patched,
}

/** Whether an act of unknown outcome was carried out, from one fresh read of its object (null: it is not there). */
export function recognize(item: ActItem, fresh: Fresh, act: string): Recognized {
  const isAnother = fresh !== null && item.object.uid !== undefined && uidOf(fresh) !== item.object.uid
  return BY_VERB[item.verb]({ item, fresh, isAnother, act })
}
