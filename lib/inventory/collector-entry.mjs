import { enableCompileCache } from 'node:module'

// A thread translates and compiles its files anew at every start unless what came of it is kept; this file itself needs no translation.
enableCompileCache()
await import('./collector-worker.ts')
