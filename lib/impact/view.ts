import { z } from 'zod'
import { ClusterMode, Freshness, KindState } from '../cluster/schema.ts'
import { Because, Tier } from '../services/schema.ts'
import { Paging } from './paging-rules.ts'
import { Cause, Evidence, Impact, Severity, SignalKind } from './schema.ts'

export const ArgocdView = z.object({
  namespace: z.string(),
  state: z.enum(['running', 'degraded', 'terminating', 'absent']),
  version: z.string(),
  applications: z.int(),
  applicationSets: z.int(),
  projects: z.int(),
  /** Applications that carry a deletionTimestamp. */
  deletionPending: z.int(),
  components: z.array(z.object({ name: z.string(), desired: z.int(), ready: z.int() })),
})
export type ArgocdView = z.infer<typeof ArgocdView>

export const ClusterSummary = z.object({
  name: z.string(),
  mode: ClusterMode,
  actions: z.enum(['on', 'off']),
  freshness: Freshness,
  observedAt: z.string().nullable(),
  trouble: z.string(),
  /** True when it is our own fault that it cannot be seen: credentials, TLS. */
  blind: z.boolean().optional(),
  /** Set when another cluster answers under this name than the one recorded. */
  replaced: z.object({ was: z.string(), is: z.string() }).nullish(),
  /** The last time its control plane was set back. */
  restored: z.object({ at: z.string(), note: z.string() }).nullish(),
  version: z.string(),
  incarnation: z.string(),
  /** Kinds that the account may not read, with the missing verb: what is shown says nothing of them. */
  unread: z.array(z.object({ kind: z.string(), note: z.string() })),
  argocd: z.array(ArgocdView),
})
export type ClusterSummary = z.infer<typeof ClusterSummary>

/** GET /clusters/{c} */
export const ClusterView = ClusterSummary.extend({
  kinds: z.array(KindState),
  permissions: z.array(z.object({ verb: z.string(), resource: z.string(), allowed: z.boolean(), needed: z.string() })),
  /** The recorded past, with what is missing of the last seven days, newest first; null while the database is away. */
  record: z
    .object({ since: z.string().nullable(), gaps: z.array(z.object({ from: z.string(), to: z.string(), why: z.string() })) })
    .nullable(),
})
export type ClusterView = z.infer<typeof ClusterView>

/** With `?at=`: what the answer is of, and what cannot be said of it. */
export const PastView = z.object({
  at: z.string(),
  /** Since when the recorded past was read for what was last healthy; a service that was bad longer is compared with what it was then. */
  from: z.string(),
  /** When between the two what happened was not, or not wholly, recorded. */
  gaps: z.array(z.object({ cluster: z.string(), from: z.string(), to: z.string(), why: z.string() })),
  /** Clusters of which nothing was recorded yet. */
  notRecorded: z.array(z.string()),
})
export type PastView = z.infer<typeof PastView>

export const SignalView = z.object({
  id: z.string(),
  kind: SignalKind,
  severity: Severity,
  cluster: z.string(),
  scope: z.string(),
  title: z.string(),
  since: z.string(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgedAt: z.string().nullable(),
  evidence: z.array(Evidence),
  causes: z.array(Cause),
  runbooks: z.array(z.string()),
  incident: z.string().nullable(),
  /** Whether it wakes somebody; `pagingReason` says in a sentence why not. */
  paging: Paging,
  pagingReason: z.string(),
})
export type SignalView = z.infer<typeof SignalView>

export const ImpactCounts = z.object({
  deletionPending: z.int(),
  dataAtRisk: z.int(),
  lost: z.int(),
  degraded: z.int(),
  unmanaged: z.int(),
  recovering: z.int(),
  changing: z.int(),
  healthy: z.int(),
  removed: z.int(),
  unknown: z.int(),
})
export type ImpactCounts = z.infer<typeof ImpactCounts>

export const ServiceRow = z.object({
  id: z.string(),
  cluster: z.string(),
  name: z.string(),
  namespace: z.string(),
  owner: z.string().nullable(),
  tier: Tier,
  tierGuessed: z.boolean(),
  contact: z.string().nullable(),
  /** The worst of `impacts`. */
  impact: Impact,
  impacts: z.array(Impact),
  since: z.string().nullable(),
  application: z.string().nullable(),
  /** The cluster whose Argo CD has that Application, when it is another one. */
  hub: z.string().optional(),
  evidence: z.array(Evidence),
})
export type ServiceRow = z.infer<typeof ServiceRow>

export const ObjectRow = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  /** Argo CD's word for it, or null where Argo CD has none. */
  health: z.string().nullable(),
  message: z.string(),
  state: z.enum(['present', 'deleting', 'gone', 'recreated']),
  note: z.string(),
  /** '' when it is not known, as of an imported manifest. */
  createdAt: z.string(),
  service: z.string().nullable(),
})
export type ObjectRow = z.infer<typeof ObjectRow>

/** Services and their needs with their places on a plane, in px; a line leads from who needs to what is needed. */
export const GraphView = z.object({
  width: z.number(),
  height: z.number(),
  /** Services further away that are not drawn. */
  cut: z.int(),
  nodes: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      tier: Tier,
      impact: Impact,
      /** The service that was asked for. */
      self: z.boolean(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
    }),
  ),
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      declared: z.boolean(),
      why: z.string(),
      points: z.array(z.object({ x: z.number(), y: z.number() })),
    }),
  ),
})
export type GraphView = z.infer<typeof GraphView>

/** GET /clusters/{c}/services/{id} */
export const ServiceView = ServiceRow.extend({
  observedAt: z.string().nullable(),
  freshness: Freshness,
  because: z.array(Because),
  /** What is gone first, then what is there as a tree: what an object owns follows it, one `depth` further in. */
  objects: z.array(ObjectRow.extend({ depth: z.int() })),
  dependencies: z.array(
    z.object({ service: z.string(), direction: z.enum(['needs', 'needed-by']), declared: z.boolean(), impact: Impact, why: z.string() }),
  ),
  /** Its neighbourhood, drawn; null where nothing is declared or inferred. */
  graph: GraphView.nullable(),
  history: z.array(z.object({ at: z.string(), what: z.string(), object: z.string(), uid: z.string(), by: z.string().nullable() })),
  runs: z.array(z.object({ id: z.string(), runbook: z.string(), kind: z.string(), startedAt: z.string(), outcome: z.string().nullable() })),
  past: PastView.optional(),
})
export type ServiceView = z.infer<typeof ServiceView>

export const ServicesView = z.object({
  cluster: z.string(),
  observedAt: z.string().nullable(),
  freshness: Freshness,
  items: z.array(ServiceRow),
  next: z.string().nullable(),
  past: PastView.optional(),
})
export type ServicesView = z.infer<typeof ServicesView>

export const IncidentSummary = z.object({
  id: z.string(),
  title: z.string(),
  cluster: z.string(),
  t0: z.string(),
  lead: z.string().nullable(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  kind: z.enum(['incident', 'drill', 'tabletop']),
  signals: z.array(z.string()),
  runs: z.array(z.object({ id: z.string(), runbook: z.string(), stage: z.string(), outcome: z.string().nullable() })),
})
export type IncidentSummary = z.infer<typeof IncidentSummary>

const Seen = { cluster: z.string(), observedAt: z.string().nullable(), freshness: Freshness }

/** GET /clusters/{c}/objects */
export const ObjectsView = z.object({
  ...Seen,
  /** The past moment that was asked for; null is now. */
  at: z.string().nullable(),
  items: z.array(ObjectRow),
  next: z.string().nullable(),
  /** How many fit, on all pages together. */
  total: z.int(),
  /** What can be chosen from, with how many objects each has, whatever was asked. */
  kinds: z.array(z.object({ kind: z.string(), count: z.int() })),
  namespaces: z.array(z.object({ name: z.string(), count: z.int() })),
})
export type ObjectsView = z.infer<typeof ObjectsView>

/** An object on the way to or from another one; `here` is false when the store does not hold it. */
const Tie = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  here: z.boolean(),
})

/** GET /clusters/{c}/objects/{uid} */
export const ObjectView = ObjectRow.extend({
  ...Seen,
  deletingAt: z.string().nullable(),
  goneAt: z.string().nullable(),
  finalizers: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  /** The Argo CD Application that it says it belongs to; `uid` is null when there is no such Application here. */
  tracking: z.object({ app: z.string(), id: z.string(), uid: z.string().nullable() }).nullable(),
  /** From its own controller upwards. */
  owners: z.array(Tie),
  /** At most 100 of what it owns. */
  owned: z.array(Tie),
  ownedCount: z.int(),
})
export type ObjectView = z.infer<typeof ObjectView>

export const ChangeRow = z.object({
  at: z.string(),
  observedAt: z.string(),
  what: z.string(),
  object: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  /** Null: who did it is not recorded. */
  by: z.string().nullable(),
  /** What says so; null with `by`. */
  proof: z.string().nullable(),
  /** Set when nobody was recording: it happened after this instant and at or before `observedAt`. */
  after: z.string().nullable(),
  cluster: z.string(),
})
export type ChangeRow = z.infer<typeof ChangeRow>

/** GET /clusters/{c}/changes */
export const ChangesView = z.object({
  ...Seen,
  items: z.array(ChangeRow),
  next: z.string().nullable(),
  /** Stretches of the time asked for of which not everything was recorded. */
  gaps: z.array(z.object({ from: z.string(), to: z.string(), lost: z.int(), why: z.string() })),
})
export type ChangesView = z.infer<typeof ChangesView>

export const BaselineRow = z.object({
  id: z.string(),
  cluster: z.string(),
  label: z.string(),
  at: z.string(),
  pinnedAt: z.string(),
  pinnedBy: z.string(),
  /** What an imported file held and cannot know; null for a moment of the recorded history. */
  imported: z
    .object({
      objects: z.int(),
      /** Of these, known by name only: their loss shows, they cannot be restored from here. */
      byName: z.int(),
      kinds: z.record(z.string(), z.int()),
      leftOut: z.array(z.object({ kind: z.string(), count: z.int(), why: z.string() })),
      /** Where `at` comes from. */
      moment: z.enum(['given', 'from-file', 'before-recording']),
      cannotKnow: z.array(z.string()),
    })
    .nullable(),
})
export type BaselineRow = z.infer<typeof BaselineRow>

/** GET /clusters/{c}/baselines */
export const BaselinesView = z.object({ ...Seen, items: z.array(BaselineRow), next: z.string().nullable() })
export type BaselinesView = z.infer<typeof BaselinesView>

export const NoteRow = z.object({ id: z.string(), at: z.string(), writtenAt: z.string(), by: z.string(), text: z.string() })
export type NoteRow = z.infer<typeof NoteRow>

/** GET /incidents/{id} */
export const IncidentView = IncidentSummary.extend({
  /** The signals in full; `signals` holds their ids. */
  details: z.array(SignalView),
  notes: z.array(NoteRow),
  clocks: z.object({
    disruptedAt: z.string().nullable(),
    detectedAt: z.string().nullable(),
    acknowledgedAt: z.string().nullable(),
    closedAt: z.string().nullable(),
  }),
})
export type IncidentView = z.infer<typeof IncidentView>

const Revision = z.object({ n: z.int(), at: z.string(), what: z.string(), by: z.string().nullable(), proof: z.string().nullable() })

/** GET /clusters/{c}/objects/{uid}/revisions, and `…/{n}` with `revision` filled in */
export const RevisionsView = z.object({
  ...Seen,
  object: z.object({ apiVersion: z.string(), kind: z.string(), namespace: z.string(), name: z.string(), uid: z.string() }),
  items: z.array(Revision),
  next: z.null(),
  revision: Revision.extend({
    manifest: z.record(z.string(), z.unknown()),
    /** True when secrets were taken out: those values cannot be restored from here. */
    redacted: z.boolean(),
    validFrom: z.string(),
    sanitized: z.boolean(),
    /** Of a sanitized manifest, what was kept aside so that it does not act by itself. */
    aside: z.array(z.object({ field: z.string(), value: z.unknown(), why: z.string() })),
    /** What became different since the version before, by JSON pointer; empty for the first. */
    diff: z.array(z.object({ path: z.string(), was: z.string(), becomes: z.string() })),
  }).nullable(),
})
export type RevisionsView = z.infer<typeof RevisionsView>

/** GET /situation, and the board of topic `situation`. */
export const SituationView = z.object({
  /** The first sentence answers urgency; `tone` says how loud it is. */
  headline: z.string(),
  tone: z.enum(['calm', 'watch', 'bad', 'blind']),
  clusters: z.array(ClusterSummary),
  signals: z.array(SignalView),
  impact: ImpactCounts,
  services: z.int(),
  /** Services that are not as they should be, each counted once. */
  affected: z.int(),
  /** The worst of them, in order tier, impact, name; at most 50. */
  worst: z.array(ServiceRow),
  /** All of them by tier and worst impact, in the same order. */
  groups: z.array(z.object({ tier: Tier, impact: Impact, services: z.int() })),
  /** One row per cause: what many services have in common. */
  causes: z.array(z.object({ what: z.string(), services: z.int(), impact: Impact, since: z.string().nullable() })),
  /** Minute by minute, the last hours: not-healthy services by impact, oldest first. */
  strip: z.array(z.object({ at: z.string(), bad: z.int(), unmanaged: z.int(), healthy: z.int() })),
  changes: z.array(
    z.object({ at: z.string(), what: z.string(), object: z.string(), uid: z.string(), by: z.string().nullable(), cluster: z.string() }),
  ),
  /** What services are compared with: T0 while an incident is open, else each one's last healthy moment, of which `at` is the newest. */
  baseline: z
    .object({
      at: z.string(),
      label: z.enum(['T0', 'last healthy']),
      /** Set when T0 is an imported baseline. */
      imported: z.object({ label: z.string(), cannotKnow: z.array(z.string()) }).optional(),
    })
    .nullable(),
  incidents: z.array(IncidentSummary),
  /** Planned changes in force now. */
  planned: z.array(z.object({ id: z.string(), cluster: z.string(), title: z.string(), ticket: z.string(), to: z.string() })),
  ledger: z.object({ open: z.int(), since: z.string().nullable() }),
  /** False while the database is away: live state read-only. */
  database: z.boolean(),
  /** Postgres answers and has no room: nothing can be recorded until somebody makes some. */
  databaseFull: z.boolean(),
  observedAt: z.string().nullable(),
  freshness: Freshness,
  past: PastView.optional(),
})
export type SituationView = z.infer<typeof SituationView>
