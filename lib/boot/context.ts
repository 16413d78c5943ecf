import { type Logger, pino } from 'pino'
import type { SignContext } from '../audit/sign-head.ts'
import type { Fold } from '../audit/verify-audit.ts'
import type { AuthKeys } from '../auth/recognize.ts'
import type { Actor } from '../auth/schema.ts'
import type { Config } from '../config/schema.ts'
import type { Db } from '../db/client.ts'
import type { DrillGround } from '../drills/port.ts'
import type { incidentDesk } from '../impact/join-incident.ts'
import type { SignalWatch } from '../impact/watch-signals.ts'
import { once } from '../kernel/once.ts'
import type { LiveHub } from '../live/hub.ts'
import type { Readiness, Runbooks } from '../runbooks/port.ts'
import type { ClusterSet } from './clusters.ts'
import type { DatabaseWatch } from './watch-database.ts'

/** The world as verbs get it: one per process, built by boot. Verbs name only the parts they need. */
export type Ctx = SignContext & {
  readonly config: Config
  /** What checks may reach outside the clusters. */
  readonly checks: Config['checks']
  /** What `audit verify` compares with the entries. */
  readonly folds: readonly Fold[]
  readonly db: Db
  readonly hub: LiveHub<Actor>
  readonly clusters: ClusterSet
  readonly impacts: SignalWatch
  readonly incidents: ReturnType<typeof incidentDesk>
  readonly runbooks: Runbooks
  readonly readiness: Readiness
  readonly ground: DrillGround
  readonly drills: { readonly follow: (drill: string) => void }
  /** Names under which this server may be asked for. */
  readonly hosts: ReadonlySet<string>
  readonly keys: AuthKeys
  /** Whether the demo people count: started without configuration, and nothing but sandboxes to touch. */
  readonly trial: () => boolean
  /** False while Postgres cannot be asked: live state is read-only. */
  readonly databaseUp: () => boolean
  /** Whether the database's disk is full, and where whoever finds it so says it. */
  readonly databaseTrouble: Pick<DatabaseWatch, 'full' | 'note'>
  readonly log: Logger
}

/** Where the process is in its life. */
export type House = {
  stage: 'starting' | 'up' | 'stopping' | 'failed'
  /** Why it failed, in a sentence for whoever started it; '' otherwise. */
  trouble: string
  ctx: Ctx | null
  readonly log: Logger
}

/** Words that never reach a log, wherever in an entry they stand. */
const SECRET = [
  'authorization',
  'cookie',
  'token',
  'password',
  '*.authorization',
  '*.cookie',
  '*.token',
  '*.password',
  '*.kubeconfig',
  'headers.authorization',
  'headers.cookie',
  'req.headers.authorization',
  'req.headers.cookie',
]

export function house(): House {
  return once(
    'boot.house',
    (): House => ({
      stage: 'starting',
      trouble: '',
      ctx: null,
      log: pino({ name: 'blackstart', base: { pid: process.pid }, redact: { paths: SECRET, censor: '…' } }),
    }),
  )
}
