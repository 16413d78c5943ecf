import { z } from 'zod'
import { ClusterEntry } from '../cluster/schema.ts'
import { Retention } from '../inventory/retention-rules.ts'

/** `blackstart.yaml`. Environment variables beat it. */
export const ConfigFile = z
  .strictObject({
    clusters: z.array(ClusterEntry).default([]).meta({ description: 'The clusters to watch, and to act on where allowed.' }),
    runbooks: z
      .array(z.string())
      .default(['runbooks'])
      .meta({ description: 'Folders or files with runbooks; relative paths start at this file.' }),
    services: z.string().optional().meta({
      description: 'Rules that give services their owner, tier and contact; default services.yaml beside this file, if there is one.',
    }),
    sandbox: z
      .strictObject({
        enabled: z.boolean().default(true),
        fill: z.enum(['S', 'M', 'L']).default('S').meta({ description: '60, 600 or 2,000 Applications.' }),
        seed: z.int().default(1),
      })
      .prefault({})
      .meta({ description: 'The simulated cluster to rehearse on.' }),
    server: z
      .strictObject({
        host: z.string().optional(),
        port: z.int().min(0).max(65_535).optional(),
        hosts: z.array(z.string()).default([]).meta({
          description: 'Names under which browsers reach this server, such as blackstart.example.org; other Host headers are refused.',
        }),
      })
      .prefault({}),
    data: z.string().optional().meta({ description: 'Folder for the embedded database, keys and anchors; default .blackstart.' }),
    audit: z
      .strictObject({
        key: z.string().optional().meta({ description: 'Ed25519 private key in PEM that signs the head of the audit log.' }),
        anchors: z.string().optional().meta({ description: 'JSON Lines file outside the database, to which every signed head is added.' }),
      })
      .prefault({}),
    retention: Retention.prefault({}).meta({ description: 'How long the recorded past is kept, in days after it passed.' }),
    redact: z
      .array(
        z
          .string()
          .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'write field names with dots between them, such as spec.template.metadata.annotations.dsn'),
      )
      .default([])
      .meta({
        description: 'Fields of any object that are secret beside those known by their names; taken out before anything is stored.',
      }),
    checks: z
      .strictObject({
        hosts: z
          .array(z.string())
          .default([])
          .meta({ description: 'Hosts that http, tcp and tls checks may reach; * stands for one label.' }),
        prometheus: z
          .url({ protocol: /^https?$/ })
          .optional()
          .meta({ description: 'Where promql checks are asked, such as http://prometheus.monitoring:9090.' }),
      })
      .prefault({}),
  })
  .meta({ title: 'blackstart.yaml' })
export type ConfigFile = z.infer<typeof ConfigFile>

/** Everything that was set, with defaults filled in and paths absolute. */
export type Config = Omit<ConfigFile, 'services' | 'server' | 'data' | 'audit'> & {
  /** The file that was read; null when there is none: the trial. */
  readonly file: string | null
  readonly root: string
  readonly data: string
  /** The file of service rules; null when there is none. */
  readonly services: string | null
  readonly server: { readonly host: string; readonly port: number; readonly hosts: readonly string[] }
  readonly audit: { readonly key: string; readonly anchors: string }
  /** `url` null: the embedded Postgres. `direct` is for LISTEN and locks, `owner` for migrations; both default to `url`. */
  readonly database: { readonly url: string | null; readonly direct: string | null; readonly owner: string | null }
  readonly bootstrapToken: string | null
  readonly logLevel: string
}

/** The published JSON Schema of `blackstart.yaml`, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(ConfigFile, { io: 'input' }) as Record<string, unknown>
}
