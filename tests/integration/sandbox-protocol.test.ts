import { readdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { DEVIATIONS } from './sandbox-deviations.ts'
import { readTopic, replay } from './sandbox-replay.ts'

const TOPICS = readdirSync('tests/golden/protocol')
  .filter((file) => file !== 'definitions.json.gz')
  .map((file) => file.replace('.json.gz', ''))
let exchanges = 0
let deviating = 0

afterAll(() => {
  process.stdout.write(
    `sandbox protocol: ${exchanges - deviating} of ${exchanges} recorded exchanges answered alike, ${deviating} listed deviations\n`,
  )
})

test.each(TOPICS)('%s: answers as the recorded server did', async (topic) => {
  const { played, differences } = await replay(readTopic(topic))
  const known = DEVIATIONS[topic] ?? {}
  exchanges += played
  deviating += differences.length
  expect(differences.filter(({ name }) => known[name] === undefined)).toEqual([])
  // One that agrees now is to be taken off the list, so that it only shrinks.
  const still = new Set(differences.map(({ name }) => name))
  expect(Object.keys(known).filter((name) => !still.has(name))).toEqual([])
})

test('the list of deviations names only exchanges that were recorded', () => {
  const named = Object.entries(DEVIATIONS).flatMap(([topic, names]) => Object.keys(names).map((name) => `${topic}: ${name}`))
  const recorded = new Set(TOPICS.flatMap((topic) => readTopic(topic).exchanges.map(({ name }) => `${topic}: ${name}`)))
  expect(named.filter((name) => !recorded.has(name))).toEqual([])
})
