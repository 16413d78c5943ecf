// Host and port as JSON, for bin/start.mjs.
import { readEnv } from '../lib/config/env.ts'
import { loadConfig } from '../lib/config/load.ts'

try {
  const { server } = loadConfig(readEnv())
  console.log(JSON.stringify({ host: server.host, port: server.port }))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
