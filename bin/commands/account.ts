import type { Command } from 'commander'
import type { ActorRef } from '../../lib/audit/schema.ts'
import { appendAudit } from '../../lib/audit/store.ts'
import { Role } from '../../lib/auth/schema.ts'
import { findPerson, listPeople, makeLink, saveApiToken, savePerson } from '../../lib/auth/store.ts'
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
      const roles = rolesOf(role)
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
    .command('person')
    .description('people who sign in by a link, beside those of single sign-on')
    .command('add')
    .description('add a person, or change name and roles, and show a link that signs them in, once')
    .argument('<id>', 'such as anna')
    .requiredOption('--role <role...>', Role.options.join(', '))
    .option('--name <name>', 'as it is shown; default the id')
    .action(async (id: string, { role, name }: { readonly role: readonly string[]; readonly name?: string }, command: Command) => {
      if (!/^[a-z0-9][a-z0-9.@_-]{0,99}$/.test(id)) throw new Wrong('An id has small letters, digits, dots, dashes and @, such as anna.')
      const roles = rolesOf(role)
      const link = await withDatabase(async ({ db, config }) => {
        const known = await db.tx((tx) => findPerson(tx, id))
        if (known && !(await listPeople(db, 'local')).some((one) => one.id === id))
          throw new Wrong(`${id} comes by single sign-on, or belongs to the trial: their roles are given there.`)
        await savePerson(db, { id, name: name ?? known?.name ?? id, roles, origin: 'local' })
        const data = { person: id, roles }
        await db.tx((tx) => appendAudit(tx, 'auth', null, [{ actor: COMMAND_LINE, kind: 'auth.person-added', data }]))
        return `http://127.0.0.1:${config.server.port}/sign-in?token=${await makeLink(db, id, Date.now())}`
      })
      say(command, { id, roles, link }, link)
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

function rolesOf(named: readonly string[]): Role[] {
  return named.map((one) => Role.safeParse(one).data ?? wrong(`${one} is not a role: ${Role.options.join(', ')}`))
}

function wrong(message: string): never {
  throw new Wrong(message)
}
