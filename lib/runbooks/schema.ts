import { z } from 'zod'
import { Impact, SignalKind } from '../impact/schema.ts'
import { parseDuration } from '../kernel/duration.ts'

const Id = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'use lower-case letters, digits and dashes')
const Duration = z.string().refine((text) => parseDuration(text) !== null, 'write a duration such as 45m, 90s or 7d')
/** A CEL expression; `object`, `params`, `argocd`, `quarantine`, `credentials`, `run` and `tiers` are bound. */
const Cel = z.string().min(1).max(2000)
const Text = z.string().min(1).max(8000)
const Pointer = z.string().regex(/^(\/[^/]+)+$/, 'write a JSON pointer such as /spec/replicas')

/** Objects named once and used by many steps; bounded always by `name` or `expect.max`. */
export const SetDefinition = z.strictObject({
  kind: z.string(),
  group: z.string().optional(),
  name: z.union([z.string(), z.array(z.string())]).optional(),
  /** `*` or nothing means every namespace. */
  namespace: z.string().optional(),
  selector: z.record(z.string(), z.string()).optional(),
  where: Cel.optional(),
  /** The recorded objects of the moment the incident compares with, instead of what is there now. */
  at: z.literal('T0').optional(),
  /** Volumes claimed from this namespace; `*` for every namespace. */
  claimedFrom: z.string().optional(),
  /** Being deleted, or in a namespace that is. */
  deleting: z.boolean().optional(),
  /** Sets whose objects (by namespace and name) are left out. */
  except: z.array(z.string()).optional(),
  expect: z.strictObject({ min: z.int().nonnegative().optional(), max: z.int().positive().optional() }).optional(),
})
export type SetDefinition = z.infer<typeof SetDefinition>

const timing = { for: Duration.optional(), within: Duration.optional(), title: z.string().optional() }
const ArgocdState = z.enum(['synced', 'healthy', 'frozen', 'automated', 'no-prune-pending', 'reconciled', 'compared', 'operation-finished'])
/** One live condition. `every` over an empty set is inconclusive unless `allowEmpty`. */
export const Check = z.union([
  z.strictObject({ every: z.string(), is: Cel, allowEmpty: z.boolean().optional(), ...timing }),
  z.strictObject({ any: z.string(), is: Cel, ...timing }),
  z.strictObject({ none: z.string(), is: Cel.optional(), ...timing }),
  z.strictObject({
    count: z.string(),
    is: Cel.optional(),
    equals: z.union([z.int(), Cel]).optional(),
    min: z.int().optional(),
    max: z.int().optional(),
    ...timing,
  }),
  z.strictObject({ healthy: z.string(), allowEmpty: z.boolean().optional(), ...timing }),
  z.strictObject({
    condition: z.string(),
    of: z.string(),
    status: z.string().default('True'),
    allowEmpty: z.boolean().optional(),
    ...timing,
  }),
  z.strictObject({ argocd: z.string(), are: ArgocdState, allowEmpty: z.boolean().optional(), ...timing }),
  z.strictObject({ services: z.union([z.literal('all'), z.array(z.string())]), are: z.union([Impact, z.literal('as-at-T0')]), ...timing }),
  z.strictObject({ permission: z.strictObject({ verb: z.string(), resource: z.string(), namespace: z.string().optional() }), ...timing }),
  z.strictObject({ sameUid: z.string(), allowEmpty: z.boolean().optional(), ...timing }),
  z.strictObject({ present: z.string(), ...timing }),
  z.strictObject({ gone: z.string(), ...timing }),
  z.strictObject({ namespaceGone: z.string(), ...timing }),
  z.strictObject({ reinstall: z.literal('allowed'), ...timing }),
  /** A deletion that admission refuses, by a policy of that name; asked as a dry run, of cluster-wide objects. */
  z.strictObject({
    refused: z.strictObject({ delete: z.strictObject({ kind: z.string(), name: z.string() }), by: z.string() }),
    ...timing,
  }),
  /** Asked from where Blackstart runs, of hosts in `checks.hosts` only; a redirect is an answer and is not followed. */
  z.strictObject({
    http: z.strictObject({ url: z.string(), status: z.int().min(100).max(599).optional(), contains: z.string().max(500).optional() }),
    ...timing,
  }),
  z.strictObject({ tcp: z.string(), ...timing }),
  z.strictObject({ tls: z.string(), validFor: Duration.optional(), ...timing }),
  /** An instant query to `checks.prometheus`; every series of the answer must lie within. */
  z
    .strictObject({
      promql: z.string().max(4000),
      min: z.number().optional(),
      max: z.number().optional(),
      equals: z.number().optional(),
      ...timing,
    })
    .refine(({ min, max, equals }) => min !== undefined || max !== undefined || equals !== undefined, 'give min, max or equals'),
  z.strictObject({ ledger: z.literal('empty'), except: z.array(z.string()).optional(), ...timing }),
])
export type Check = z.infer<typeof Check>

const Change = z.strictObject({
  path: Pointer,
  value: z.unknown().optional(),
  remove: z.literal(true).optional(),
  /** Only objects of which this holds. */
  where: Cel.optional(),
  /** The change is temporary: its original goes to the ledger. */
  temporary: z.boolean().optional(),
})
export type Change = z.infer<typeof Change>

const Controllers = z.strictObject({
  components: z
    .array(z.enum(['application-controller', 'applicationset-controller']))
    .min(1)
    .optional(),
  namespace: z.string().optional(),
})

/** Exactly one of these keys; the name of the key is the action's name. */
export const ActionSpec = z.strictObject({
  'argocd.stop': Controllers.optional(),
  'argocd.start': Controllers.optional(),
  'argocd.freeze': z.string().optional(),
  'argocd.thaw': z.string().optional(),
  'argocd.sync': z.union([z.string(), z.strictObject({ set: z.string(), prune: z.boolean().default(false) })]).optional(),
  'argocd.refresh': z.string().optional(),
  setReclaimPolicy: z.strictObject({ set: z.string(), to: z.enum(['Retain', 'Delete']) }).optional(),
  removeFinalizers: z.strictObject({ set: z.string(), only: z.array(z.string()).min(1) }).optional(),
  finalizeNamespace: z.strictObject({ name: z.string() }).optional(),
  create: z.strictObject({ manifests: z.array(z.record(z.string(), z.unknown())).min(1).max(50) }).optional(),
  apply: z
    .strictObject({ manifests: z.array(z.record(z.string(), z.unknown())).min(1).max(50), force: z.boolean().default(false) })
    .optional(),
  patch: z.strictObject({ set: z.string(), changes: z.array(Change).min(1) }).optional(),
  scale: z.strictObject({ set: z.string(), replicas: z.int().nonnegative() }).optional(),
  delete: z.strictObject({ set: z.string(), propagation: z.enum(['Background', 'Foreground', 'Orphan']).default('Background') }).optional(),
  restore: z
    .strictObject({ sets: z.array(z.string()).min(1), except: z.array(z.string()).optional(), set: z.array(Change).optional() })
    .optional(),
  reverse: z.strictObject({ step: z.string() }).optional(),
})
export type ActionSpec = z.infer<typeof ActionSpec>
export type ActionName = keyof ActionSpec

export const Approval = z.strictObject({
  from: z.enum(['lead', 'approver']).default('approver'),
  count: z.int().min(1).max(5).default(1),
  alone: z.union([z.literal('never'), z.strictObject({ after: Duration })]).default({ after: '5m' }),
})
export type Approval = z.infer<typeof Approval>

/** Another way to the same end, chosen openly by the lead when the planned one does not work; never approved alone. */
const Emergency = z.strictObject({ why: Text, do: ActionSpec, verify: z.union([Check, z.array(Check).min(1)]).optional() })

const Field = z.strictObject({
  name: Id,
  label: z.string().optional(),
  type: z.enum(['string', 'number', 'boolean']).default('string'),
  required: z.boolean().default(true),
})

export const Step = z.strictObject({
  id: Id,
  title: z.string().optional(),
  text: Text.optional(),
  why: Text.optional(),
  danger: Text.optional(),
  needs: z.array(Id).optional(),
  beside: z.literal('previous').optional(),
  do: ActionSpec.optional(),
  check: z.union([Check, z.array(Check).min(1)]).optional(),
  ask: Text.optional(),
  confirm: Text.optional(),
  approve: Text.optional(),
  wait: z.union([Duration, z.strictObject({ until: Check })]).optional(),
  runbook: z.string().optional(),
  answers: z
    .record(
      z.string(),
      z.union([
        z.string(),
        z.null(),
        z.strictObject({ to: z.string().nullable().default(null), when: Cel.optional(), because: z.string().optional() }),
      ]),
    )
    .optional(),
  fields: z.array(Field).optional(),
  verify: z.union([Check, z.array(Check).min(1)]).optional(),
  holds: z
    .string()
    .regex(/^(run|once|until:[a-z0-9-]+)$/, 'write run, once or until:<step>')
    .optional(),
  approval: Approval.optional(),
  takes: Duration.optional(),
  within: Duration.optional(),
  emergency: Emergency.optional(),
  /** What takes the act back, for acts that the ledger cannot reverse. */
  undo: ActionSpec.optional(),
  /** The cluster's name must be typed before the act. */
  typed: z.boolean().optional(),
})
export type Step = z.infer<typeof Step>

const Gate = z.strictObject({ id: Id, title: z.string().optional(), why: Text.optional(), check: z.union([Check, z.array(Check).min(1)]) })
export const Phase = z.strictObject({ id: Id, title: z.string().optional(), gates: z.array(Gate).optional(), steps: z.array(Step).min(1) })

export const RunbookDocument = z.strictObject({
  apiVersion: z.literal('blackstart.dev/v1'),
  kind: z.literal('Runbook'),
  metadata: z.strictObject({ name: Id, owner: z.string().optional() }),
  spec: z
    .strictObject({
      title: z.string(),
      text: Text.optional(),
      answers: z.strictObject({ signal: SignalKind, where: Cel.optional() }).optional(),
      rto: Duration.optional(),
      rehearse: z.strictObject({ every: Duration, ground: z.enum(['tabletop', 'sandbox', 'drill-cluster']).default('sandbox') }).optional(),
      parameters: z.record(z.string(), z.strictObject({ default: z.unknown().optional(), text: z.string().optional() })).optional(),
      sets: z.record(Id, SetDefinition).optional(),
      phases: z.array(Phase).min(1).optional(),
      steps: z.array(Step).min(1).optional(),
      /** What must hold, and for how long, between the last step and the end of the run. */
      stabilize: z.union([Check, z.array(Check).min(1)]).optional(),
    })
    .refine((spec) => (spec.phases === undefined) !== (spec.steps === undefined), 'give either phases or steps'),
})
export type RunbookDocument = z.infer<typeof RunbookDocument>
