import { expect, test } from 'vitest'
import { AuditConflict, appendAudit, readStream } from '../../lib/audit/store.ts'
import { testDatabase } from '../../lib/testing/database.ts'

const actor = { kind: 'person' as const, id: 'p1', roles: ['operator'] }

test('a writer that has not seen the newest entry is refused, and nothing of it stays', async () => {
  const { db, drop } = await testDatabase()
  const first = await db.tx((tx) => appendAudit(tx, 'run:1', 0, [{ actor, kind: 'run.started', data: { b: 1, a: 'ü' } }]))
  expect(first.version).toBe(1)
  await expect(db.tx((tx) => appendAudit(tx, 'run:1', 0, [{ actor, kind: 'run.started', data: {} }]))).rejects.toThrow(AuditConflict)
  expect(await readStream(db, 'run:1')).toEqual(first.entries)
  await drop()
})
