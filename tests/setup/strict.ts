import { afterEach, beforeEach, expect } from 'vitest'

const real = console.error
let said: string[] = []

beforeEach(() => {
  said = []
  console.error = (...what: unknown[]) => {
    said.push(what.map(String).join(' '))
    real(...what)
  }
})

// An error that only reaches the console is a failure nobody reads.
afterEach(() => {
  console.error = real
  expect(said, 'console.error was called').toEqual([])
})
