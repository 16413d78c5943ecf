import { at, type Dict, text } from '../../kernel/wire.ts'
import type { Health } from '../schema.ts'
import { assessHealth } from './assess.ts'
import { isWorse, word } from './word.ts'

/** One resource that an Application manages directly; `object` is null when it is wanted and not there, or when another Application tracks it. */
export type Managed = { readonly group: string; readonly kind: string; readonly hook: boolean; readonly object: Dict | null }

/**
 * Argo CD's word for an Application (controller/health.go of 3.4 and later): the worst of what it manages directly.
 * Hooks and objects that ask to be ignored do not count, nor what is missing while anything else is there;
 * pods count only where they are managed themselves, so a Deployment that crashes behind old pods still is Healthy.
 */
export function applicationHealth(
  resources: readonly Managed[],
  options: { /** Its spec is refused (condition InvalidSpecError): nothing is compared. */ readonly invalid?: boolean } = {},
): Health {
  if (options.invalid) return word('Unknown', 'its spec is refused')
  let worst = word('Healthy')
  let present = 0
  let wanted = 0
  for (const { group, kind, hook, object } of resources) {
    if (hook) continue
    wanted++
    if (object === null) continue
    present++
    if (text(at(object, 'metadata', 'annotations', 'argocd.argoproj.io/ignore-healthcheck')) === 'true') continue
    const health = group === 'argoproj.io' && kind === 'Application' ? childHealth(object) : assessHealth(object)
    if (health && isWorse(worst.status, health.status)) worst = health
  }
  return present === 0 && wanted > 0 ? word('Missing', 'nothing of it is there') : worst
}

/** A child that does not know itself yet does not make its parent unknown. */
function childHealth(object: Dict): Health | null {
  const own = assessHealth(object)
  return own !== null && (own.status === 'Missing' || own.status === 'Unknown') ? null : own
}
