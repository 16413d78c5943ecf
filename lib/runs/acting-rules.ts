import type { Actor } from '../auth/schema.ts'
import type { ClusterEntry } from '../cluster/schema.ts'
import type { RunKind } from './schema.ts'

/** Whether Blackstart may write to a cluster at all: live ones only when somebody said so, drill clusters unless somebody said no. */
export function actionsOf(entry: Pick<ClusterEntry, 'actions' | 'mode'>): 'on' | 'off' {
  return entry.actions ?? (entry.mode === 'drill' ? 'on' : 'off')
}

/** Why nothing may be written to this cluster in a run of that kind, in a sentence with the remedy; '' when it may. */
export function actingForbidden(entry: Pick<ClusterEntry, 'name' | 'actions' | 'mode' | 'identity'>, kind: RunKind): string {
  if (actionsOf(entry) === 'off') return `Actions are off for ${entry.name}: do it by hand with the commands shown, then record it as done.`
  if (kind === 'tabletop') return 'A tabletop touches no cluster: say what you would do, then record it as done.'
  if (kind === 'drill' && entry.mode !== 'drill') return `A drill never touches a live cluster, and ${entry.name} is one.`
  if (kind === 'incident' && entry.mode === 'drill') return `An incident run never touches a drill cluster, and ${entry.name} is one.`
  if (entry.mode === 'live' && entry.identity === undefined)
    return `Nobody is mapped to a user of ${entry.name}: set its \`identity\` in blackstart.yaml, or do it by hand and record it as done.`
  return ''
}

/** Why nobody may act under this name: Kubernetes keeps names beginning with `system:` for itself. '' when one may. */
export function identityForbidden(identity: { readonly user: string; readonly groups: readonly string[] } | null): string {
  if (!identity) return ''
  const reserved = [identity.user, ...identity.groups].find((name) => name === '' || name.startsWith('system:'))
  return reserved === undefined
    ? ''
    : `The identity mapping gives ${reserved === '' ? 'no name' : reserved}, and nobody acts as that: correct \`identity\` in blackstart.yaml.`
}

/** As whom a person acts on a cluster, by its mapping; null: as the account of its kubeconfig. */
export function identityFor(
  entry: Pick<ClusterEntry, 'identity'> | undefined,
  actor: Actor,
): { readonly user: string; readonly groups: readonly string[] } | null {
  const mapping = entry?.identity
  if (mapping === undefined || mapping === 'account') return null
  const put = (text: string) =>
    text
      .replaceAll('${email}', actor.email ?? actor.id)
      .replaceAll('${id}', actor.id)
      .replaceAll('${name}', actor.name)
  const groups = (mapping.groups ?? '')
    .split(',')
    .flatMap((group) =>
      group.trim() === '${groups}' ? actor.roles.map((role) => `blackstart:${role}`) : group.trim() ? [put(group.trim())] : [],
    )
  return { user: put(mapping.user), groups }
}
