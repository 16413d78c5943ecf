import { setDefaults } from './defaults.ts'
import { trackUpdate } from './fields.ts'
import { admitByPolicy } from './policies.ts'
import { admitByQuota } from './quota.ts'
import type { Rules, Storage } from './storage.ts'
import { validateObject } from './validate.ts'

/** All rules that a write passes on the served sandbox. */
export function sandboxRules(storage: () => Storage): Partial<Rules> {
  return {
    defaults: setDefaults,
    validate: validateObject,
    admit(operation, kind, object, old, write) {
      admitByPolicy(storage(), operation, kind, object, old, write)
      if (operation === 'CREATE' && object) admitByQuota(storage(), kind, object)
    },
    track(kind, next, old, write) {
      // Those inside the sandbox write without a manager: they write often, and nobody applies against them.
      if (write.manager === undefined || write.manager === null) return
      trackUpdate(kind, next, old, write.manager, storage().clock.now(), write.subresource, write.apiVersion)
    },
  }
}
