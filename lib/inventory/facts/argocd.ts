import type { AppResource, Facts, SyncResultRow } from '../../cluster/schema.ts'
import { parseDuration } from '../../kernel/duration.ts'
import { at, type Dict, dict, list, text, textOrNull, texts } from '../../kernel/wire.ts'
import { conditionsOf } from './conditions.ts'

type ApplicationFacts = Extract<Facts, { is: 'application' }>

/** What an Application wants and what Argo CD last said of it. Field names: argoproj.io/v1alpha1. */
export function applicationFacts(object: Dict): ApplicationFacts {
  const spec = dict(object.spec)
  const status = dict(object.status)
  const source = dict(spec.source ?? list(spec.sources)[0] ?? at(spec, 'sourceHydrator', 'drySource'))
  return {
    is: 'application',
    project: text(spec.project),
    destination: {
      server: text(at(spec, 'destination', 'server')),
      name: text(at(spec, 'destination', 'name')),
      namespace: text(at(spec, 'destination', 'namespace')),
    },
    repo: text(source.repoURL),
    path: text(source.path) || text(source.chart),
    targetRevision: text(source.targetRevision),
    automated: automation(at(spec, 'syncPolicy', 'automated')),
    syncOptions: texts(at(spec, 'syncPolicy', 'syncOptions')),
    sync: text(at(status, 'sync', 'status')),
    health: text(at(status, 'health', 'status')),
    revision: text(at(status, 'sync', 'revision')) || text(list(at(status, 'sync', 'revisions'))[0]),
    reconciledAt: textOrNull(status.reconciledAt),
    resources: list(status.resources).map(appResource),
    conditions: list(status.conditions).map((one) => ({ type: text(dict(one).type), message: text(dict(one).message) })),
    operation: operation(status.operationState),
  }
}

function automation(value: unknown): ApplicationFacts['automated'] {
  if (typeof value !== 'object' || value === null) return null
  const said = dict(value)
  return {
    enabled: said.enabled !== false,
    prune: said.prune === true,
    selfHeal: said.selfHeal === true,
    allowEmpty: said.allowEmpty === true,
  }
}

function appResource(value: unknown): AppResource {
  const row = dict(value)
  return {
    group: text(row.group),
    kind: text(row.kind),
    namespace: text(row.namespace),
    name: text(row.name),
    sync: text(row.status),
    requiresPruning: row.requiresPruning === true,
    hook: row.hook === true,
  }
}

function operation(value: unknown): ApplicationFacts['operation'] {
  if (typeof value !== 'object' || value === null) return null
  const state = dict(value)
  const by = dict(at(state, 'operation', 'initiatedBy'))
  return {
    phase: text(state.phase),
    message: text(state.message),
    startedAt: textOrNull(state.startedAt),
    finishedAt: textOrNull(state.finishedAt),
    revision: text(at(state, 'syncResult', 'revision')) || text(at(state, 'operation', 'sync', 'revision')),
    by: text(by.username),
    automated: by.automated === true,
    results: list(at(state, 'syncResult', 'resources'))
      .map(dict)
      .filter(tellsMore)
      .map(resultRow),
  }
}

/** A plain "Synced" row says nothing that the object itself does not say. */
export function tellsMore(row: Dict): boolean {
  return text(row.status) !== 'Synced' || row.hookPhase === 'Failed' || row.hookPhase === 'Error'
}

function resultRow(row: Dict): SyncResultRow {
  return {
    group: text(row.group),
    kind: text(row.kind),
    namespace: text(row.namespace),
    name: text(row.name),
    status: text(row.status) || text(row.hookPhase),
    message: text(row.message),
  }
}

export function applicationSetFacts(object: Dict): Extract<Facts, { is: 'applicationset' }> {
  return {
    is: 'applicationset',
    generators: generatorsIn(at(object, 'spec', 'generators')),
    policy: text(at(object, 'spec', 'syncPolicy', 'applicationsSync')),
    preserve: at(object, 'spec', 'syncPolicy', 'preserveResourcesOnDeletion') === true,
    conditions: conditionsOf(object),
  }
}

/** Names of the generators of a set; matrix and merge hold others (argo-cd: Generators-Matrix.md, at most two deep). */
function generatorsIn(value: unknown, depth = 0): readonly string[] {
  return list(value).flatMap((one) =>
    Object.entries(dict(one)).flatMap(([key, inside]) =>
      key === 'selector' ? [] : [key, ...(depth < 2 ? generatorsIn(dict(inside).generators, depth + 1) : [])],
    ),
  )
}

/**
 * argocd-cm, of which the times between two comparisons are read (argo-cd: argocd-cm.yaml, defaults 120 s and 60 s of jitter), and the
 * keys of Secrets that it and the notifications' ConfigMap name; any other ConfigMap tells nothing.
 */
export function settingsFacts(object: Dict): Facts {
  const name = text(at(object, 'metadata', 'name'))
  if (name === 'argocd-notifications-cm') return { is: 'settings', secretKeys: secretKeys(object, 'argocd-notifications-secret') }
  if (name !== 'argocd-cm') return { is: 'other' }
  const said = (key: string) => {
    const words = text(at(object, 'data', key))
    return words === '0' ? 0 : parseDuration(words)
  }
  const period = said('timeout.reconciliation') ?? 120_000
  return {
    is: 'argocd-settings',
    reconciliationMs: period === 0 ? 0 : period + (said('timeout.reconciliation.jitter') ?? 60_000),
    secretKeys: secretKeys(object, 'argocd-secret'),
  }
}

/** `$<secret>:<key>`, or `$<key>` of Argo CD's own Secret (argo-cd: user-management, "Sensitive Data and SSO Client Secrets"). */
const REFERENCE = /\$([a-z0-9][a-z0-9.-]*):([\w.-]+)|\$([a-z][\w-]*(?:[.-][\w-]+)+)/gi

function secretKeys(object: Dict, own: string): readonly { readonly secret: string; readonly key: string }[] {
  const named = new Map<string, { secret: string; key: string }>()
  for (const value of Object.values(dict(object.data)))
    for (const [whole, secret, key, bare] of text(value).matchAll(REFERENCE))
      named.set(whole, secret ? { secret, key: key ?? '' } : { secret: own, key: bare ?? '' })
  return [...named.values()]
}

export function appProjectFacts(object: Dict): Extract<Facts, { is: 'appproject' }> {
  return {
    is: 'appproject',
    destinations: list(at(object, 'spec', 'destinations')).map((one) => ({
      server: text(dict(one).server) || text(dict(one).name),
      namespace: text(dict(one).namespace),
    })),
    clusterKinds: list(at(object, 'spec', 'clusterResourceWhitelist')).map((one) => text(dict(one).kind)),
    windows: list(at(object, 'spec', 'syncWindows')).length,
  }
}
