import { groupOf } from '../argocd/rules.ts'
import type { ObjectRef } from '../cluster/schema.ts'

/** Server times have whole seconds, so "before" must allow for one. */
export const SLACK_MS = 1_500

export function keyOfRef(ref: ObjectRef): string {
  return `${groupOf(ref.apiVersion)}/${ref.kind}/${ref.namespace}/${ref.name}`
}

export function nameOf(ref: ObjectRef): string {
  return ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name
}
