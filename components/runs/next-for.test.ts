import { expect, test } from 'vitest'
import { nextFor } from './next-for.ts'

test('what goes forward is the one button, the rest is the menu', () => {
  expect(nextFor({ next: ['act', 'record-done', 'skip'] })).toEqual({ main: 'act', others: ['record-done', 'skip'] })
})

test('an excuse never becomes the one button', () => {
  expect(nextFor({ next: ['skip', 'override'] })).toEqual({ main: null, others: ['skip', 'override'] })
  expect(nextFor({ next: ['approve-alone'] }).main).toBeNull()
})

test('nothing to send is nothing to press', () => {
  expect(nextFor({ next: [] })).toEqual({ main: null, others: [] })
})
