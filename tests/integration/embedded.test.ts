import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDb } from '../../lib/db/client.ts'
import { discardEmbedded, type Embedded, startEmbedded } from '../../lib/db/embedded.ts'
import { listen } from '../../lib/db/listen.ts'
import { AlreadyUsed } from '../../lib/db/owner.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blackstart-embedded-'))
})
afterEach(() => discardEmbedded(process.cwd(), folder))

function start(): Promise<Embedded> {
  return startEmbedded({ root: process.cwd(), folder, say: () => {}, durable: false })
}

/** Another process that owns the data on a port, until it is killed. */
async function anOwner(port: number) {
  const code = `
    const { startEmbedded } = await import(${JSON.stringify(join(process.cwd(), 'lib/db/embedded.ts'))})
    const embedded = await startEmbedded({ root: ${JSON.stringify(process.cwd())}, folder: ${JSON.stringify(folder)}, say() {}, durable: false })
    await embedded.own(${port})
    console.log('owned')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => resolve())
    child.on('exit', (exit) => reject(new Error(`the owner ended with ${exit}`)))
  })
  child.removeAllListeners('exit')
  const kill = () =>
    new Promise<void>((resolve) => {
      child.on('exit', () => resolve())
      child.kill('SIGKILL')
    })
  return { pid: child.pid, kill }
}

test('after a kill the running server is attached to again, with what was written; a live owner is named', async () => {
  const owner = await anOwner(20_555)
  const attached = await start()
  expect(attached.attached).toBe(true)
  const db = openDb(attached.url)
  await db.pool.query('CREATE TABLE kept (id int)')
  await db.close()
  const refused = await attached.own(20_556).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(AlreadyUsed)
  expect(refused).toMatchObject({ pid: owner.pid, port: 20_555 })
  await owner.kill()
  const again = await start()
  expect(again.attached).toBe(true)
  const ownership = await again.own(20_556)
  const seen = openDb(again.url)
  expect((await seen.pool.query('SELECT * FROM kept')).rowCount).toBe(0)
  await seen.close()
  await ownership.release()
})

test('a pid file left by a crash, whose pid is somebody else by now, does not stop the start', async () => {
  const first = await start()
  const file = join(first.data, 'postmaster.pid')
  const lines = readFileSync(file, 'utf8')
  await first.stop()
  writeFileSync(file, lines.replace(/^\d+/, String(process.pid)))
  const second = await start()
  expect(second.attached).toBe(false)
})

test('two starts at the same moment end with one server', async () => {
  const [one, two] = await Promise.all([start(), start()])
  expect(new URL(one.url).port).toBe(new URL(two.url).port)
})

test('a listener hears notifications, and after a lost connection comes back and says that it missed some', async () => {
  const { url } = await start()
  const db = openDb(url)
  const listener = listen(url)
  const heard: string[] = []
  const all = new Promise<void>((resolve) => {
    let gap = false
    listener.on('news', (payload) => {
      heard.push(payload)
      if (payload === 'first')
        void db.pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'blackstart listen'`)
      if (payload === 'second' && gap) resolve()
    })
    listener.onGap(() => {
      gap = true
      void db.pool.query(`NOTIFY news, 'second'`)
    })
  })
  while (!listener.connected) await new Promise((resolve) => setTimeout(resolve, 10))
  const again = setInterval(() => heard.length === 0 && void db.pool.query(`NOTIFY news, 'first'`), 50)
  await all
  clearInterval(again)
  expect(new Set(heard)).toEqual(new Set(['first', 'second']))
  await listener.close()
  await db.close()
})
