import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { exportChain } from '../../lib/audit/export-audit.ts'
import { checkDatabase, checkExport } from '../../lib/audit/verify-audit.ts'
import type { AuditVerdict } from '../../lib/audit/view.ts'
import { readEnv } from '../../lib/config/env.ts'
import { readOrMakeSigningKey, readPublicKey } from '../../lib/config/signing-key.ts'
import { foldOfRuns } from '../../lib/runs/check-fold.ts'
import { withDatabase } from './open.ts'
import { say, Wanting, Wrong } from './say.ts'

type VerifyOptions = { readonly export?: string; readonly publicKey?: string; readonly fold?: boolean }

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('the audit log')
  audit
    .command('verify')
    .description('verify the whole chain and name the first bad entry; exit code 1 if there is one')
    .option('--export <file>', 'verify an export offline instead of the database')
    .option('--public-key <file>', 'the key that must have signed (PEM, or base64 of its DER)')
    .option('--fold', 'also compare what is shown of runs with the fold of their entries')
    .action(async (options: VerifyOptions, command: Command) => {
      const key = options.publicKey === undefined ? undefined : readPublicKey(fileText(options.publicKey))
      const verdict = options.export === undefined ? await fromDatabase(options.fold, key) : await checkExport(linesOf(options.export), key)
      say(command, verdict, sentence(verdict))
      if (!verdict.ok) throw new Wanting('')
    })
  audit
    .command('export')
    .description('write the chain as JSON Lines, ending with its signed head, to standard output')
    .action(() =>
      withDatabase(async ({ db, config }) => {
        const ctx = { db, signer: await readOrMakeSigningKey(config.audit.key), anchors: config.audit.anchors }
        for await (const line of exportChain(ctx)) if (!process.stdout.write(line)) await drained()
      }),
    )
}

function fromDatabase(fold: boolean | undefined, publicKey: ReturnType<typeof readPublicKey> | undefined): Promise<AuditVerdict> {
  return withDatabase(({ db, config }) =>
    checkDatabase({ db, anchors: config.audit.anchors, folds: [foldOfRuns(db)] }, { fold, publicKey }),
  )
}

function sentence(verdict: AuditVerdict): string {
  if (verdict.bad) return `NOT valid: ${verdict.bad.message} (${verdict.entries} entries before it are good)`
  return `Valid: ${verdict.entries} entries, head ${verdict.head || 'empty'}, verified in ${verdict.tookMs} ms.`
}

function fileText(file: string): string {
  const path = resolve(readEnv().cwd, file)
  if (!existsSync(path)) throw new Wrong(`There is no file ${path}.`)
  return readFileSync(path, 'utf8')
}

function linesOf(file: string): AsyncIterable<string> {
  const path = resolve(readEnv().cwd, file)
  if (!existsSync(path)) throw new Wrong(`There is no file ${path}.`)
  return createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('drain', () => resolve()))
}
