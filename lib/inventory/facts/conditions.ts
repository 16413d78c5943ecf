import type { Condition } from '../../cluster/schema.ts'
import { at, type Dict, dict, list, text, textOrNull } from '../../kernel/wire.ts'

export function conditionsOf(object: Dict): readonly Condition[] {
  return list(at(object, 'status', 'conditions')).map((value) => {
    const one = dict(value)
    return {
      type: text(one.type),
      status: text(one.status),
      reason: text(one.reason),
      message: text(one.message),
      since: textOrNull(one.lastTransitionTime),
    }
  })
}

export function holds(object: Dict, type: string): boolean {
  return conditionsOf(object).some((one) => one.type === type && one.status === 'True')
}
