#!/usr/bin/env node
// The command line, on the pinned Node whatever the machine has.
import { join } from 'node:path'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { needNode, root, run } from './node.mjs'

const ready = (await install()) || (await generate())
if (ready !== 0) process.exit(2)
const env = { ...process.env, BLACKSTART_ROOT: root, BLACKSTART_CWD: process.env.BLACKSTART_CWD ?? process.cwd() }
process.exit(await run(needNode(), [join(root, 'bin', 'blackstart.ts'), ...process.argv.slice(2)], { cwd: process.cwd(), env }))
