import { at, type Dict, dict, list, text } from '../../kernel/wire.ts'
import type { Health, HealthStatus } from '../schema.ts'

/** Judges one object as the API server sent it; null where Argo CD has no word for it. */
export type Judge = (object: Dict) => Health | null

/** Best to worst, as Argo CD orders them (gitops-engine/pkg/health). */
const ORDER: readonly HealthStatus[] = ['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']

export function isWorse(than: HealthStatus, candidate: HealthStatus): boolean {
  return ORDER.indexOf(candidate) > ORDER.indexOf(than)
}

export function word(status: HealthStatus, message = ''): Health {
  return { status, message }
}

/** `status.conditions` by type, the last of a type wins. */
export function conditions(object: Dict): ReadonlyMap<string, Dict> {
  return new Map(list(at(object, 'status', 'conditions')).map((one) => [text(dict(one).type), dict(one)]))
}

export function isTrue(condition: Dict | undefined): boolean {
  return condition?.status === 'True'
}

export function isFalse(condition: Dict | undefined): boolean {
  return condition?.status === 'False'
}

export function says(condition: Dict | undefined): string {
  return text(condition?.message) || text(condition?.reason)
}
