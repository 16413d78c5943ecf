import { existsSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import { checkDatabase } from '../../lib/audit/verify-audit.ts'
import { connect } from '../../lib/cluster/client.ts'
import { readEnv } from '../../lib/config/env.ts'
import { loadConfig } from '../../lib/config/load.ts'
import type { Config } from '../../lib/config/schema.ts'
import { at, text } from '../../lib/kernel/wire.ts'
import { withDatabase } from './open.ts'
import { say, Wanting } from './say.ts'

type Finding = { readonly what: string; readonly ok: boolean; readonly message: string }

/** Would this installation survive what it watches? */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check configuration, database, keys and clusters; exit code 1 if something is wanting')
    .action(async (_options: unknown, command: Command) => {
      const config = loadConfig(readEnv())
      const findings = [
        configuration(config),
        ...kubeconfigs(config),
        ...(await reached(config)),
        signingKey(config),
        ...(await database()),
      ]
      say(
        command,
        findings,
        findings.map((one) => `${one.ok ? 'ok      ' : 'WANTING '} ${one.what}: ${one.message}`),
      )
      if (findings.some((one) => !one.ok)) throw new Wanting('')
    })
}

function configuration(config: Config): Finding {
  return { what: 'configuration', ok: true, message: config.file ?? 'none: this is the trial' }
}

function kubeconfigs(config: Config): readonly Finding[] {
  return config.clusters.map((cluster) => {
    const file = cluster.kubeconfig
    const missing = file !== undefined && !existsSync(file)
    const message = missing ? `${file} is not there: the cluster would be shown broken` : (file ?? 'in-cluster or KUBECONFIG')
    return { what: `cluster ${cluster.name}`, ok: !missing, message }
  })
}

const PATIENCE = 5_000

/** Each cluster whose kubeconfig is there is asked for its version. */
function reached(config: Config): Promise<readonly Finding[]> {
  const there = config.clusters.filter((cluster) => cluster.kubeconfig === undefined || existsSync(cluster.kubeconfig))
  return Promise.all(
    there.map(async (cluster): Promise<Finding> => {
      const what = `cluster ${cluster.name} answers`
      try {
        const answer = await connect(cluster).request({ method: 'GET', path: '/version', signal: AbortSignal.timeout(PATIENCE) })
        const version = text(at(answer.body, 'gitVersion'))
        return { what, ok: answer.status === 200, message: answer.status === 200 ? `Kubernetes ${version}` : `it answers ${answer.status}` }
      } catch (error) {
        return { what, ok: false, message: error instanceof Error ? error.message : String(error) }
      }
    }),
  )
}

function signingKey(config: Config): Finding {
  const file = config.audit.key
  if (!existsSync(file)) return { what: 'signing key', ok: true, message: `${file} will be made at the first start` }
  const open = (statSync(file).mode & 0o077) !== 0
  return { what: 'signing key', ok: !open, message: open ? `${file} can be read by others: chmod 600 ${file}` : file }
}

async function database(): Promise<readonly Finding[]> {
  try {
    return await withDatabase(async ({ db, config }) => {
      const { rows } = await db.pool.query<{ version: string; tables: boolean }>(
        `SELECT current_setting('server_version') AS version, to_regclass('audit_entry') IS NOT NULL AS tables`,
      )
      const version: Finding = {
        what: 'database',
        ok: true,
        message: `PostgreSQL ${rows[0]?.version}${config.database.url === null ? ', embedded' : ''}`,
      }
      if (!rows[0]?.tables) return [version, { what: 'tables', ok: false, message: 'there are none yet: blackstart db migrate' }]
      const verdict = await checkDatabase({ db, anchors: config.audit.anchors })
      return [version, { what: 'audit log', ok: verdict.ok, message: verdict.bad?.message ?? `${verdict.entries} entries verified` }]
    })
  } catch (error) {
    return [{ what: 'database', ok: false, message: error instanceof Error ? error.message : String(error) }]
  }
}
