import type { Command } from 'commander'
import type { ActorRef } from '../../lib/audit/schema.ts'
import { appendAudit } from '../../lib/audit/store.ts'
import { Role } from '../../lib/auth/schema.ts'
import { findPerson, makeLink, saveApiToken } from '../../lib/auth/store.ts'
import { newToken } from '../../lib/auth/token.ts'
import { newId } from '../../lib/kernel/id.ts'
import { withDatabase } from './open.ts'
import { say, Wrong } from './say.ts'

const DAY = 24 * 3_600_000
const COMMAND_LINE: ActorRef = { kind: 'system', id: 'command-line', roles: [] }

type TokenOptions = { readonly role: readonly string[]; readonly expires: string; readonly name: string }

/** Ways in for whoever may reach the database anyhow: tokens for machines, links for people. */
export function addAccount(program: Command): void {
  program
    .command('token')
    .description('tokens for automation')
    .command('create')
    .description('make a token and show it, once')
    .requiredOption('--role <role...>', Role.options.join(', '))
    .option('--expires <days>', 'such as 90d, at most 365d', '90d')
    .option('--name <name>', 'what it is for', 'command line')
    .action(async ({ role, expires, name }: TokenOptions, command: Command) => {
      const roles = role.map((one) => Role.safeParse(one).data ?? wrong(`${one} is not a role: ${Role.options.join(', ')}`))
      const days = Number(/^(\d{1,3})d$/.exec(expires)?.[1] ?? 0)
      if (days < 1 || days > 365) throw new Wrong('--expires takes 1d to 365d')
      const made = { id: newId(), token: newToken(), name, roles, createdBy: 'command-line', expiresAt: new Date(Date.now() + days * DAY) }
      await withDatabase(({ db }) =>
        db.tx(async (tx) => {
          await saveApiToken(tx, made)
          const data = { token: made.id, roles, until: made.expiresAt.toISOString() }
          await appendAudit(tx, 'auth', null, [{ actor: COMMAND_LINE, kind: 'auth.token-created', data }])
        }),
      )
      say(command, { id: made.id, token: made.token, roles, expiresAt: made.expiresAt.toISOString() }, made.token)
    })
  program
    .command('sign-in-link')
    .description('make a link that signs a person in, once')
    .option('--person <id>', 'who', 'administrator')
    .action(async ({ person }: { readonly person: string }, command: Command) => {
      const link = await withDatabase(async ({ db, config }) => {
        if (!(await db.tx((tx) => findPerson(tx, person)))) throw new Wrong(`Nobody is known as ${person}.`)
        const token = await makeLink(db, person, Date.now())
        await db.tx((tx) => appendAudit(tx, 'auth', null, [{ actor: COMMAND_LINE, kind: 'auth.link-created', data: { person } }]))
        return `http://127.0.0.1:${config.server.port}/sign-in?token=${token}`
      })
      say(command, { link }, link)
    })
}

function wrong(message: string): never {
  throw new Wrong(message)
}
