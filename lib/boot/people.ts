import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeLink, savePerson, someAdministratorCame } from '../auth/store.ts'
import type { Db } from '../db/client.ts'

/** The trial's two people, named by what they do: one acts, the other leads and approves. */
const DEMO = [
  { id: 'on-call-engineer', name: 'On-call engineer', roles: ['operator', 'auditor', 'author'] },
  { id: 'incident-lead', name: 'Incident lead', roles: ['lead', 'approver', 'auditor'] },
] as const

/** Makes sure that the demo people exist and gives a link that signs the first of them in, once. */
export async function welcome(db: Db): Promise<string> {
  for (const person of DEMO) await savePerson(db, { ...person, origin: 'trial' })
  return makeLink(db, DEMO[0].id, Date.now())
}

/** A link for the first administrator, as long as no administrator has ever signed in; null afterwards. */
export async function inviteFirstAdministrator(db: Db): Promise<string | null> {
  if (await someAdministratorCame(db)) return null
  await savePerson(db, { id: 'administrator', name: 'Administrator', roles: ['administrator'], origin: 'local' })
  return makeLink(db, 'administrator', Date.now())
}

/** The key that signs cookies: made once, readable by its owner only. */
export async function readOrMakeCookieKey(file: string): Promise<Buffer> {
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // Another process may be quicker: its key is the one.
    await writeFile(file, randomBytes(32), { mode: 0o600, flag: 'wx' }).catch(() => {})
  }
  const key = await readFile(file)
  if (key.length < 32)
    throw new Error(`${file} is shorter than 32 bytes. Remove it; a new one is made at the next start, and everybody signs in again.`)
  return key
}
