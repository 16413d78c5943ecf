import { at, text } from '../../kernel/wire.ts'
import type { ActItem } from '../entry-schema.ts'
import { compareChange } from '../pointer-rules.ts'
import { carriesAct } from './sync-rules.ts'

export type Recognized = 'done' | 'not-done' | 'foreign' | 'unknown'

function uidOf(object: unknown): string {
  return text(at(object, 'metadata', 'uid'))
}

/** Whether an act of unknown outcome was carried out, from one fresh read of its object (null: it is not there). */
export function recognize(item: ActItem, fresh: Readonly<Record<string, unknown>> | null, act: string): Recognized {
  const another = fresh !== null && item.object.uid !== undefined && uidOf(fresh) !== item.object.uid
  switch (item.verb) {
    case 'none':
      return 'done'
    case 'delete':
    case 'finalize':
      if (fresh === null || another) return 'done'
      return item.verb === 'delete' && text(at(fresh, 'metadata', 'deletionTimestamp')) !== '' ? 'done' : 'not-done'
    case 'create':
      if (fresh === null) return 'not-done'
      return at(fresh, 'metadata', 'annotations', 'blackstart.dev/act') === act ? 'done' : 'foreign'
    case 'apply':
      return fresh !== null && at(fresh, 'metadata', 'annotations', 'blackstart.dev/act') === act ? 'done' : 'not-done'
    case 'sync':
      if (fresh === null || another) return 'foreign'
      return carriesAct(fresh, act) ? 'done' : fresh.operation === undefined ? 'not-done' : 'foreign'
    case 'patch': {
      // An object whose last finalizer went is gone at once: that is what was asked for.
      if (fresh === null || another) return item.changes.every((change) => change.path === '/metadata/finalizers') ? 'done' : 'foreign'
      const words = new Set(item.changes.map((change) => compareChange(fresh, change)))
      if (words.size === 1) return [...words][0] ?? 'unknown'
      return words.has('foreign') ? 'foreign' : 'unknown'
    }
  }
}
