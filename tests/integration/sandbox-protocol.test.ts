import { readdirSync, writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { readTopic, replay } from './sandbox-replay.ts'

const TOPICS = readdirSync('tests/golden/protocol')
  .filter((f) => f !== 'definitions.json.gz')
  .map((f) => f.slice(0, -8))
test.each(TOPICS)(
  '%s',
  async (topic) => {
    const { played, differences } = await replay(readTopic(topic))
    writeFileSync(`/tmp/sbx/diff-${topic}.json`, JSON.stringify(differences, null, 1))
    console.log(topic, played, differences.length)
  },
  120_000,
)
