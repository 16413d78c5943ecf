// node bin/run.mjs FILE [ARGS]: runs a script on the pinned Node.
import { needNode, root, run } from './node.mjs'

const code = await run(needNode(), process.argv.slice(2), { env: { BLACKSTART_ROOT: root, ...process.env } })
process.exit(code)
