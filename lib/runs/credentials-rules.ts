import { lookAt } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { type Credential, requiredCredentials } from '../inventory/credential-rules.ts'

/** What Argo CD cannot work without and no record gives back, in words for a person: names, never values. */
export type Credentials = { readonly secrets: string; readonly repositories: string; readonly clusters: string }

const MOST = 12

function told(names: readonly string[]): string {
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : ''
  return names.length === 0 ? 'none' : `${names.slice(0, MOST).join(', ')}${more}`
}

/** Of everything recorded at T0, what the Argo CD of a namespace needs: its Secrets, and what it keeps for repositories and other clusters. */
export function credentialsOf(recorded: readonly SlimRecord[], namespace: string): Credentials {
  const needed = requiredCredentials(lookAt(recorded), false)
  const names = (what: Credential['what']) => needed.filter((one) => one.what === what).map((one) => one.name)
  const own = needed.filter((one) => one.what === 'secret' && one.namespace === namespace).map((one) => one.name)
  return {
    secrets: told([...new Set(['argocd-secret', ...own])].sort()),
    repositories: told(names('repository')),
    clusters: told(names('cluster')),
  }
}
