import type { Schema } from '../typed/schema.ts'

const TEXT: Schema = { type: 'string' }
const FLAG: Schema = { type: 'boolean' }
const COUNT: Schema = { type: 'integer', format: 'int64' }
const TEXTS: Schema = { type: 'array', items: TEXT }
/** What is written by controllers or varies by tool: any fields. */
const OPEN: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function closed(properties: Readonly<Record<string, Schema>>, ...required: string[]): Schema {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
}

function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

const SOURCE: Schema = {
  ...OPEN,
  required: ['repoURL'],
  properties: { repoURL: TEXT, path: TEXT, targetRevision: TEXT, chart: TEXT, ref: TEXT, name: TEXT },
}
const DESTINATION = closed({ name: TEXT, namespace: TEXT, server: TEXT })
const SYNC_POLICY = closed({
  automated: closed({ allowEmpty: FLAG, enabled: FLAG, prune: FLAG, selfHeal: FLAG }),
  managedNamespaceMetadata: OPEN,
  retry: closed({ limit: COUNT, refresh: FLAG, backoff: closed({ duration: TEXT, factor: COUNT, maxDuration: TEXT }) }),
  syncOptions: TEXTS,
})
const DIFFERENCE = closed(
  {
    group: TEXT,
    kind: TEXT,
    name: TEXT,
    namespace: TEXT,
    jqPathExpressions: TEXTS,
    jsonPointers: TEXTS,
    managedFieldsManagers: TEXTS,
  },
  'kind',
)
const APPLICATION = closed(
  {
    destination: DESTINATION,
    ignoreDifferences: listOf(DIFFERENCE),
    info: listOf(closed({ name: TEXT, value: TEXT }, 'name', 'value')),
    project: TEXT,
    revisionHistoryLimit: COUNT,
    source: SOURCE,
    sourceHydrator: OPEN,
    sources: listOf(SOURCE),
    syncPolicy: SYNC_POLICY,
  },
  'destination',
  'project',
)
const APPLICATION_SET = closed(
  {
    applyNestedSelectors: FLAG,
    generators: listOf(OPEN),
    goTemplate: FLAG,
    goTemplateOptions: TEXTS,
    ignoreApplicationDifferences: listOf(OPEN),
    preservedFields: OPEN,
    strategy: OPEN,
    syncPolicy: closed({
      applicationsSync: { ...TEXT, enum: ['create-only', 'create-update', 'create-delete', 'sync'] },
      preserveResourcesOnDeletion: FLAG,
    }),
    template: OPEN,
    templatePatch: TEXT,
  },
  'generators',
  'template',
)
const PROJECT: Schema = {
  ...OPEN,
  properties: { description: TEXT, destinations: listOf(DESTINATION), sourceNamespaces: TEXTS, sourceRepos: TEXTS },
}

function root(spec: Schema, rest: Readonly<Record<string, Schema>>): Schema {
  return closed({ apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' }, spec, ...rest }, 'metadata', 'spec')
}

/** The schemas of Argo CD's definitions as far as people write these objects; sources and what controllers write stay open. */
export const ARGOCD_SCHEMAS: Readonly<Record<string, Schema>> = {
  Application: root(APPLICATION, { operation: OPEN, status: OPEN }),
  ApplicationSet: root(APPLICATION_SET, { status: OPEN }),
  AppProject: root(PROJECT, { status: OPEN }),
}

type PrinterColumn = { readonly name: string; readonly type: string; readonly jsonPath: string; readonly priority?: number }

/** What `kubectl get` shows of Applications. */
export const APPLICATION_COLUMNS: readonly PrinterColumn[] = [
  { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
  { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
  { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
  { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
]
