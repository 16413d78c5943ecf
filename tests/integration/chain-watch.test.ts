import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appendAudit, readHead } from '#lib/audit/store'
import { compareChain } from '#lib/audit/watch-chain'
import { testDatabase } from '#lib/testing/database'

test('a chain that does not contain what is known of it from outside is told, and one that does is not', async () => {
  const { db, drop } = await testDatabase()
  try {
    const actor = { kind: 'system' as const, id: 'test', roles: [] }
    await db.tx((tx) => appendAudit(tx, 'system', null, [{ actor, kind: 'a.one', data: {} }]))
    const first = await readHead(db)
    await db.tx((tx) => appendAudit(tx, 'system', null, [{ actor, kind: 'a.two', data: {} }]))
    const anchors = join(mkdtempSync(join(tmpdir(), 'anchors-')), 'heads.jsonl')
    const ctx = { db, anchors }
    writeFileSync(anchors, `${JSON.stringify(first)}\n`)
    expect(await compareChain(ctx, await readHead(db))).toBeNull()
    expect(await compareChain(ctx, { seq: 9, hash: first.hash })).toContain('rolled back')
    expect(await compareChain(ctx, { seq: first.seq, hash: 'ff' })).toContain('rewritten')
    writeFileSync(anchors, `${JSON.stringify({ ...first, seq: 40 })}\n`)
    expect(await compareChain(ctx, null)).toContain('anchored')
  } finally {
    await drop()
  }
})
