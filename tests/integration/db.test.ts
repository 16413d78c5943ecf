import { expect, test } from 'vitest'
import { testDatabase } from '../../lib/testing/database.ts'

test('each test has a migrated database of its own', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()])
  await one.db.prisma.auditPerson.create({ data: { actorId: 'a', name: 'Ada', seenAt: new Date() } })
  expect(await one.db.prisma.auditPerson.count()).toBe(1)
  expect(await two.db.prisma.auditPerson.count()).toBe(0)
  await Promise.all([one.drop(), two.drop()])
})
