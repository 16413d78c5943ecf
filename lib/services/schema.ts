import { z } from 'zod'

export const Tier = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type Tier = z.infer<typeof Tier>

/** How we know something about a service: which rule said it, on which object. */
export const Because = z.object({
  what: z.enum(['service', 'owner', 'tier', 'contact', 'depends-on', 'rto', 'probe']),
  value: z.string(),
  source: z.string(),
  object: z.string(),
})
export type Because = z.infer<typeof Because>

/** What people care about: a group of objects with owner and tier. `id` is `<cluster>/<namespace>/<name>`. */
export type Service = {
  readonly id: string
  readonly cluster: string
  readonly namespace: string
  readonly name: string
  readonly owner: string | null
  readonly tier: Tier
  /** True when nobody declared the tier and the default rule gave it. */
  readonly tierGuessed: boolean
  readonly contact: string | null
  readonly application: string | null
  readonly dependsOn: readonly string[]
  readonly rtoMs: number | null
  /** An address that answers while it serves; asked only where its host is allowed. */
  readonly probe: string | null
  readonly because: readonly Because[]
  /** uids of member objects. */
  readonly members: readonly string[]
}

/** Which objects a rule of `services.yaml` is about: globs with `*`, and `{word}` to capture a part for `set`. */
export const Match = z.strictObject({
  namespace: z.string().optional(),
  name: z.string().optional(),
  kind: z.string().optional(),
  application: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
})
export type Match = z.infer<typeof Match>

/** `services.yaml`: later rules win over earlier ones. */
export const Catalog = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        match: Match,
        set: z.strictObject({
          owner: z.string().optional(),
          contact: z.string().optional(),
          tier: Tier.optional(),
          rto: z
            .string()
            .regex(/^\d+(s|m|h|d)$/, 'use a duration such as 45m')
            .optional(),
          dependsOn: z.array(z.string()).optional(),
          probe: z.url({ protocol: /^https?$/ }).optional(),
        }),
      }),
    )
    .default([]),
  ephemeral: z.array(z.strictObject({ match: Match })).default([]),
})
export type Catalog = z.infer<typeof Catalog>

/** The published JSON Schema of `services.yaml`, for editors. */
export function catalogJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(Catalog, { io: 'input' }) as Record<string, unknown>
}
