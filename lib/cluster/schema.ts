import { z } from 'zod'

/** How much a figure can be trusted: what the reflector that feeds it last heard. */
export const Freshness = z.enum(['live', 'catching-up', 'stale', 'unreachable', 'forbidden', 'no-longer-served'])
export type Freshness = z.infer<typeof Freshness>

/** Argo CD's words for health, best to worst as Argo CD orders them (gitops-engine/pkg/health). */
export const HealthStatus = z.enum(['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown'])
export type HealthStatus = z.infer<typeof HealthStatus>
export type Health = { readonly status: HealthStatus; readonly message: string }

/** One kind as the API server names it. `group` is '' for the legacy group. */
export type KindRef = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

export const ObjectRef = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  /** '' for cluster-scoped objects. */
  namespace: z.string(),
  name: z.string(),
  uid: z.string().optional(),
})
export type ObjectRef = z.infer<typeof ObjectRef>

export type Owner = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
}
export type Condition = {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly since: string | null
}

/** One row of an Application's `status.resources` or sync result. */
export type AppResource = {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Synced | OutOfSync | Unknown | '' */
  readonly sync: string
  readonly requiresPruning: boolean
  readonly hook: boolean
}

export type SyncResultRow = {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly status: string
  readonly message: string
}

/** What we keep of an object beyond its identity, by what it is. */
export type Facts =
  | {
      readonly is: 'workload'
      readonly desired: number
      readonly ready: number
      readonly updated: number
      readonly available: number
      readonly maxUnavailable: number
      readonly paused: boolean
      readonly images: readonly string[]
      /** Labels of its pods, by which Services choose them. */
      readonly podLabels?: Readonly<Record<string, string>>
      readonly claims: readonly string[]
      readonly secrets: readonly string[]
      readonly configMaps: readonly string[]
    }
  | {
      readonly is: 'cronjob'
      readonly schedule: string
      /** '' where it is the controller manager's own, which is customarily UTC. */
      readonly timeZone: string
      readonly suspended: boolean
      readonly active: number
      readonly lastScheduleAt: string | null
      readonly lastSuccessAt: string | null
      readonly secrets: readonly string[]
      readonly configMaps: readonly string[]
    }
  | { readonly is: 'job'; readonly complete: boolean; readonly failed: boolean; readonly active: number }
  | {
      readonly is: 'pod'
      readonly phase: string
      readonly ready: boolean
      readonly restarts: number
      readonly waiting: readonly string[]
      readonly node: string
      readonly zone: string
    }
  | { readonly is: 'namespace'; readonly phase: string; readonly conditions: readonly Condition[] }
  | { readonly is: 'claim'; readonly phase: string; readonly volume: string; readonly storageClass: string }
  | {
      readonly is: 'volume'
      readonly phase: string
      readonly policy: string
      readonly claim: { readonly namespace: string; readonly name: string; readonly uid: string } | null
      readonly handle: string
      readonly storageClass: string
    }
  | { readonly is: 'service'; readonly type: string; readonly selector: Readonly<Record<string, string>> }
  | { readonly is: 'endpoints'; readonly service: string; readonly ready: number; readonly total: number }
  | {
      readonly is: 'ingress'
      readonly hosts: readonly string[]
      readonly services: readonly string[]
      readonly tlsSecrets: readonly string[]
    }
  | {
      readonly is: 'node'
      readonly ready: boolean
      readonly zone: string
      /** Unschedulable, or marked for removal by an autoscaler. */
      readonly cordoned: boolean
    }
  | {
      readonly is: 'crd'
      readonly group: string
      readonly plural: string
      readonly kind: string
      readonly established: boolean
      readonly terminating: boolean
    }
  | { readonly is: 'apiservice'; readonly available: boolean; readonly reason: string }
  | {
      readonly is: 'webhook'
      readonly hooks: readonly { readonly name: string; readonly failurePolicy: string; readonly service: string }[]
    }
  | {
      readonly is: 'application'
      readonly project: string
      readonly destination: { readonly server: string; readonly name: string; readonly namespace: string }
      readonly repo: string
      readonly path: string
      readonly targetRevision: string
      readonly automated: {
        readonly enabled: boolean
        readonly prune: boolean
        readonly selfHeal: boolean
        readonly allowEmpty: boolean
      } | null
      readonly syncOptions: readonly string[]
      readonly sync: string
      readonly health: string
      readonly revision: string
      readonly reconciledAt: string | null
      readonly resources: readonly AppResource[]
      readonly conditions: readonly { readonly type: string; readonly message: string }[]
      readonly operation: {
        readonly phase: string
        readonly message: string
        readonly startedAt: string | null
        readonly finishedAt: string | null
        readonly revision: string
        readonly by: string
        readonly automated: boolean
        readonly results: readonly SyncResultRow[]
      } | null
    }
  | {
      readonly is: 'applicationset'
      readonly generators: readonly string[]
      readonly policy: string
      readonly preserve: boolean
      readonly conditions: readonly Condition[]
    }
  | {
      readonly is: 'appproject'
      readonly destinations: readonly { readonly server: string; readonly namespace: string }[]
      readonly clusterKinds: readonly string[]
      readonly windows: number
    }
  | {
      readonly is: 'argocd-settings'
      /** How often Argo CD compares an Application at the latest, ms; 0 when it does so only when something changes. */
      readonly reconciliationMs: number
      /** Keys of Secrets that its values name by `$secret:key`, or `$key` of argocd-secret. */
      readonly secretKeys: readonly { readonly secret: string; readonly key: string }[]
    }
  | { readonly is: 'certificate'; readonly secret: string; readonly notAfter: string | null; readonly renewalAt: string | null }
  | {
      readonly is: 'autoscaler'
      /** The workload that it scales, in its own namespace. */
      readonly target: { readonly kind: string; readonly name: string }
      readonly min: number
    }
  /** A ServiceAccount: what its pods pull images with. */
  | { readonly is: 'account'; readonly pullSecrets: readonly string[] }
  /** Another ConfigMap of Argo CD, with the keys of Secrets that its values name. */
  | { readonly is: 'settings'; readonly secretKeys: readonly { readonly secret: string; readonly key: string }[] }
  | { readonly is: 'other' }

/** One object of a cluster as the live store keeps it: identity, ties, health and the few facts that judgements need. */
export type SlimRecord = {
  readonly uid: string
  readonly apiVersion: string
  readonly kind: string
  /** '' for cluster-scoped objects. */
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  readonly generation: number
  readonly createdAt: string
  /** metadata.deletionTimestamp: still there, but on its way out. */
  readonly deletingAt: string | null
  readonly finalizers: readonly string[]
  readonly owners: readonly Owner[]
  readonly labels: Readonly<Record<string, string>>
  /** Only the annotations that judgements read (tracking, sync options, blackstart.dev/*, backstage, owner words). */
  readonly annotations: Readonly<Record<string, string>>
  /** The Argo CD Application this object says it belongs to; null when untracked or when the id was copied from another object. */
  readonly tracking: { readonly app: string; readonly id: string } | null
  readonly health: Health | null
  readonly facts: Facts
  /** When we last heard of it, by our clock. */
  readonly observedAt: string
}

export const ClusterMode = z.enum(['live', 'drill'])
export type ClusterMode = z.infer<typeof ClusterMode>

export const KindState = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  plural: z.string(),
  freshness: Freshness,
  observedAt: z.iso.datetime().nullable(),
  count: z.int(),
  note: z.string(),
})
/** Freshness and count of one collected kind on one cluster; `note` names e.g. the missing verb. */
export type KindState = z.infer<typeof KindState>

/** One entry of `clusters:` in `blackstart.yaml`. */
export const ClusterEntry = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'use lower-case letters, digits, dots and dashes'),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  mode: ClusterMode.default('live'),
  actions: z.enum(['off', 'on']).optional(),
  identity: z.union([z.literal('account'), z.strictObject({ user: z.string(), groups: z.string().optional() })]).optional(),
  secrets: z.enum(['none', 'names']).default('none').meta({
    description: '`names`: the names of Secrets are listed, never their values, so that missing credentials can be told.',
  }),
  paging: z.enum(['shadow', 'on', 'off']).default('shadow'),
  collect: z.array(z.string()).default([]).meta({
    description:
      'Kinds to collect beside those that Applications manage: plural, kind, or with the group, such as clusters.postgresql.cnpg.io.',
  }),
  argocd: z
    .strictObject({
      hub: z.string().optional().meta({
        description: 'The configured cluster whose Argo CD manages this one; found by itself while that has Applications for it.',
      }),
      knownAs: z.array(z.string()).default([]).meta({
        description:
          'Server addresses and names under which Argo CD on other clusters knows this one, beside its name here and its address.',
      }),
    })
    .optional(),
})
export type ClusterEntry = z.infer<typeof ClusterEntry>
