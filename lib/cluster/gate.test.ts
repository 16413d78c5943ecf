import { expect, test } from 'vitest'
import { sleep } from '../kernel/pace.ts'
import { createGate } from './gate.ts'

test('no more than its width are inside at once, and who matters more goes first', async () => {
  const gate = createGate(2)
  const order: string[] = []
  let inside = 0
  let most = 0
  const visit = async (name: string, priority: number) => {
    const leave = await gate.enter(priority)
    most = Math.max(most, ++inside)
    order.push(name)
    await sleep(5)
    inside--
    leave()
    // Leaving twice frees one place, not two.
    leave()
  }
  await Promise.all([
    visit('configmaps', 3),
    visit('pods', 2),
    visit('roles', 3),
    visit('deployments', 1),
    visit('applications', 0),
    visit('namespaces', 0),
    visit('services', 2),
  ])
  expect(most).toBe(2)
  expect(order).toEqual(['configmaps', 'pods', 'applications', 'namespaces', 'deployments', 'services', 'roles'])
})

test('who gives up while waiting takes no place', async () => {
  const gate = createGate(1)
  const leave = await gate.enter(0)
  const stop = new AbortController()
  const gaveUp = gate.enter(0, stop.signal)
  const next = gate.enter(5)
  stop.abort()
  ;(await gaveUp)()
  leave()
  expect(typeof (await next)).toBe('function')
})
