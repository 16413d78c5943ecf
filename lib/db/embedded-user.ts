import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type ServerUser = { readonly name: string; readonly uid: number; readonly gid: number }

const OURS = 'blackstart-pg'

/** Postgres refuses to run as root, so root lends it an account without rights; null when we are not root. */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  const found = account(OURS) ?? createAccount() ?? account('postgres') ?? account('nobody')
  if (!found)
    throw new Error(
      'Postgres does not run as root, and there is no other account here to run it. Create one (`useradd --system blackstart-pg`) or set DATABASE_URL.',
    )
  return found
}

function account(name: string): ServerUser | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid && uid !== '0' ? { name, uid: Number(uid), gid: Number(gid) } : null
}

// Debian and Red Hat have useradd; Alpine's busybox has an adduser of its own.
const WAYS: readonly (readonly string[])[] = [
  ['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', OURS],
  ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', OURS],
  ['adduser', '--system', '--group', '--no-create-home', OURS],
]

function createAccount(): ServerUser | null {
  for (const [command = '', ...args] of WAYS) {
    spawnSync(command, args, { stdio: 'ignore' })
    const made = account(OURS)
    if (made) return made
  }
  return null
}
