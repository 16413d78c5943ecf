import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepSigning, type SignContext, signHead } from '../audit/sign-head.ts'
import { appendAudit } from '../audit/store.ts'
import { watchChain } from '../audit/watch-chain.ts'
import type { Actor } from '../auth/schema.ts'
import { sweep } from '../auth/store.ts'
import { WALL } from '../cluster/rules.ts'
import { ConfigError, readEnv } from '../config/env.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { readOrMakeSigningKey } from '../config/signing-key.ts'
import type { Db } from '../db/client.ts'
import { followDrills } from '../drills/follow-drills.ts'
import { spentDrillClusters } from '../drills/store.ts'
import { hostNames } from '../http/origin.ts'
import { watchPeers } from '../http/peer.ts'
import { incidentDesk } from '../impact/join-incident.ts'
import { watchSignals } from '../impact/watch-signals.ts'
import { watchCluster } from '../inventory/collect-cluster.ts'
import { createHub } from '../live/hub.ts'
import { loadRunbooks } from '../runbooks/load-runbooks.ts'
import { foldOfRuns } from '../runs/check-fold.ts'
import { driveRuns } from '../runs/drive-runs.ts'
import { holdOpenRuns } from '../runs/hold-runs.ts'
import { keepReadiness } from '../runs/keep-readiness.ts'
import { NO_CATALOG, readCatalog } from '../services/read-catalog.ts'
import type { Catalog } from '../services/schema.ts'
import { askProbe } from './ask-probe.ts'
import { makeBoards } from './boards.ts'
import { createClusterSet } from './clusters.ts'
import { type Ctx, house } from './context.ts'
import { createGround } from './ground.ts'
import { openDatabase } from './open-database.ts'
import { inviteFirstAdministrator, readOrMakeCookieKey, welcome } from './people.ts'
import { type Ending, endAll, goOn, Stopping, stopOnSignal } from './stop.ts'
import { type DatabaseState, watchDatabase } from './watch-database.ts'

/** Errors whose sentence is meant for the person who starts the program, as it stands. */
const FOR_PEOPLE = new Set(['ConfigError', 'EmbeddedError', 'AlreadyUsed', 'MigrationError'])

const DATABASE: Readonly<Record<DatabaseState, string>> = {
  up: 'the database is back',
  away: 'the database is away',
  full: "The database's disk is full: nothing can be recorded, so nothing is done. Free some space there; Blackstart goes on by itself.",
}

/** Starts the house. Pages are served meanwhile: whoever asks waits, and `readyz` tells. */
export function start(): void {
  watchPeers()
  const endings: Ending[] = []
  const building = build(endings)
  stopOnSignal(endings, building)
  building.catch(async (error: unknown) => {
    // The stop that overtook the start ends the process.
    if (error instanceof Stopping) return
    const at = house()
    at.stage = 'failed'
    at.trouble = error instanceof Error ? error.message : String(error)
    if (error instanceof Error && (error instanceof ConfigError || FOR_PEOPLE.has(error.name))) process.stderr.write(`\n${at.trouble}\n\n`)
    else at.log.fatal({ err: error }, 'the server could not start')
    await endAll(endings)
    process.exit(2)
  })
}

function toConsole(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Builds the world from environment and configuration, and goes on in the background; what has to end comes into `endings`. */
export async function build(endings: Ending[], say: (line: string) => void = toConsole): Promise<void> {
  const { log } = house()
  const config = loadConfig(readEnv())
  log.level = config.logLevel
  const store = await openDatabase(config, say, (error) => log.warn({ err: error }, 'a database connection broke'))
  endings.push({ name: 'Postgres', end: () => store.stopServer() }, { name: 'pools', end: () => store.close() })
  goOn()
  const { db } = store
  const watch = watchDatabase(db, (state) => {
    log.warn({ database: state }, DATABASE[state])
    if (state === 'full') say(`\n${DATABASE.full}\n`)
    hub.touch('situation')
  })
  const hub = createHub<Actor>({ onError: (topic, error) => log.error({ err: error, topic }, 'a board could not be made') })
  /** One line in the log for what went wrong beside the requests; whether the database's disk is full shows here first. */
  const wrong = (error: unknown, about: Readonly<Record<string, unknown>>, words: string) => {
    watch.note(error)
    log.error({ err: error, ...about }, words)
  }
  const clusters = createClusterSet({
    watch: (entry, clock) =>
      watchCluster({
        entry,
        clock,
        db,
        root: config.root,
        keep: config.retention,
        redactPaths: config.redact,
        onError: (error) => wrong(error, { cluster: entry.name }, 'watching a cluster'),
      }),
  })
  const impacts = watchSignals({
    clusters,
    db,
    catalog: catalogOf(config),
    probe: askProbe(config.checks.hosts),
    runbooksFor: async (kind) =>
      (await runbooks.all()).flatMap((file) => (file.document?.spec.answers?.signal === kind ? [file.name] : [])),
    busyIncidents: async (cluster) =>
      (await db.prisma.run.findMany({ where: { clusters: { has: cluster }, stage: { not: 'closed' } }, select: { incident: true } })).map(
        (run) => run.incident,
      ),
    onError: (error, what) => wrong(error, { what }, 'judging a cluster'),
  })
  const signing = { db, signer: await readOrMakeSigningKey(config.audit.key), anchors: config.audit.anchors }
  const stopSigning = keepSigning(signing, (error) => wrong(error, {}, 'the audit head could not be signed'))
  const runbooks = loadRunbooks(config.runbooks)
  const ground = createGround({ config, clusters, log, spent: () => spentDrillClusters(db) })
  const drills = followDrills({
    db,
    clusters,
    impacts,
    ground,
    hub,
    onError: (error, drill) => wrong(error, { drill }, 'a drill went wrong'),
  })
  const incidents = incidentDesk({ db, clusters, impacts })
  const readiness = keepReadiness({ db, clusters, impacts, runbooks, incidents, checks: config.checks }, (error, runbook) =>
    log.warn({ err: error, runbook }, 'the readiness of a runbook could not be told'),
  )
  const ctx: Ctx = {
    ...signing,
    folds: [foldOfRuns(db)],
    config,
    checks: config.checks,
    hub,
    clusters,
    log,
    impacts,
    runbooks,
    readiness: readiness.board,
    ground,
    drills,
    incidents,
    hosts: hostNames(config.server.port, config.server.hosts),
    keys: { cookieKey: await readOrMakeCookieKey(join(config.data, 'cookie.key')), bootstrapToken: config.bootstrapToken },
    trial: () => config.file === null && clusters.all().every((cluster) => cluster.sandbox),
    databaseUp: watch.up,
    databaseTrouble: watch,
  }
  const chain = watchChain(
    signing,
    async (sentence) => {
      say(`\n${sentence} Open runs are held; what was done since is in doubt.\n`)
      log.fatal({ chain: 'rolled-back' }, sentence)
      await record(db, 'chain.rolled-back', { sentence })
      await holdOpenRuns(db, sentence)
    },
    (error) => log.warn({ err: error }, 'the audit chain could not be compared'),
  )
  await record(db, 'server.started', { pid: process.pid, trial: ctx.trial() })
  endings.push(
    { name: 'database watch', end: () => watch.stop() },
    { name: 'chain watch', end: () => chain.stop() },
    { name: 'signed head', end: () => lastHead(signing, stopSigning) },
    { name: 'last entry', end: () => record(db, 'server.stopped', {}) },
    { name: 'clusters', end: () => clusters.stop() },
    { name: 'impact', end: () => impacts.stop() },
    { name: 'readiness', end: () => readiness.stop() },
    { name: 'ground', end: () => ground.stop() },
    { name: 'drills', end: () => drills.stop() },
  )
  await sweep(db, Date.now())
  goOn()
  for (const entry of config.clusters) clusters.add(entry, WALL)
  makeBoards(ctx)
  endings.push({ name: 'open streams', end: () => hub.hangUp() })
  house().ctx = ctx
  // Without the sandbox everything else still works.
  await ground.begin().catch((error: unknown) => log.error({ err: error }, 'the simulated platform could not be started'))
  goOn()
  // A run on a sandbox needs its cluster first.
  const driving = driveRuns(ctx, {
    onError: (error, run) => wrong(error, { run }, 'driving a run'),
    onEnded: () => signHead(signing),
  })
  endings.push({ name: 'drivers', end: () => driving.stop() }, { name: 'streams', end: () => hub.hangUp() })
  house().stage = 'up'
  await drills.resume()
  await greet(config, ctx, say)
}

async function greet(config: Config, ctx: Ctx, say: (line: string) => void): Promise<void> {
  const at = `http://127.0.0.1:${config.server.port}`
  const link = (token: string) => `${at}/sign-in?token=${token}`
  if (ctx.trial()) {
    const url = link(await welcome(ctx.db))
    return say(`\nBlackstart is up, with a simulated platform to try it on. Open:\n\n  ${url}\n\nThe link works once, on this machine.\n`)
  }
  const token = await inviteFirstAdministrator(ctx.db)
  if (token === null) return say(`\nBlackstart serves at ${at}\n`)
  say(`\nBlackstart serves at ${at}. Nobody administers it yet; this link makes whoever opens it first the administrator:\n`)
  say(`  ${link(token)}\n\nThe link works once, for 24 hours.\n`)
}

async function record(db: Db, kind: string, data: Record<string, unknown>): Promise<void> {
  await db.tx((tx) => appendAudit(tx, 'system', null, [{ actor: { kind: 'system', id: 'server', roles: [] }, kind, data }]))
}

async function lastHead(signing: SignContext, stopSigning: () => void): Promise<void> {
  stopSigning()
  await signHead(signing)
}

function catalogOf(config: Config): Catalog {
  if (config.services === null) return NO_CATALOG
  const read = readCatalog(readFileSync(config.services, 'utf8'), config.services)
  if (read.ok) return read.value
  throw new ConfigError(read.error.message)
}
