import { parentPort, workerData } from 'node:worker_threads'
import { readManifests } from './read-manifests.ts'

// A text crosses to the other thread more cheaply than the objects it holds.
parentPort?.postMessage(JSON.stringify(readManifests(String(workerData))))
