import type { Command } from 'commander'
import { migrationsFolder, readEnv } from '../../lib/config/env.ts'
import { migrate } from '../../lib/db/migrate.ts'
import { withDatabase } from './open.ts'
import { say } from './say.ts'

export function addDatabase(program: Command): void {
  program
    .command('db')
    .description('the database')
    .command('migrate')
    .description('bring its tables up to date; every start does so too')
    .action((_options: unknown, command: Command) =>
      withDatabase(async ({ owner }) => {
        const applied = await migrate(owner, migrationsFolder(readEnv()))
        say(command, { applied }, applied.length > 0 ? applied.map((name) => `applied ${name}`) : 'up to date')
      }),
    )
}
