import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Ask } from './access.ts'

const FaultSettings = z.object({
  /** Milliseconds that every answer waits. */
  latencyMs: z.number().min(0).default(0),
  /** Share of requests answered with 500. */
  errorRate: z.number().min(0).max(1).default(0),
  /** Answer 429 with Retry-After. */
  throttle: z.boolean().default(false),
  /** End all open watches now (an act, not a state). */
  dropWatches: z.boolean().default(false),
  /** Watches stay open and say nothing. */
  silentWatches: z.boolean().default(false),
  /** Verbs refused with 403; `*` is any. */
  forbid: z.array(z.object({ verb: z.string(), resource: z.string() })).default([]),
  /** Every credential is refused with 401. */
  unauthorized: z.boolean().default(false),
})
export type FaultSettings = z.infer<typeof FaultSettings>

export type Faults = {
  current(): FaultSettings
  /** Replaces all settings; what is not given is off. Throws on a malformed one. */
  set(settings: unknown): void
  forbids(ask: Ask): boolean
  /** Plays latency, errors and throttling; true when it has answered. */
  strike(response: ServerResponse): Promise<boolean>
}

export function createFaults(): Faults {
  let settings = FaultSettings.parse({})
  return {
    current: () => settings,
    set(given) {
      settings = FaultSettings.parse(given)
    },
    forbids(ask) {
      return settings.forbid.some(({ verb, resource }) => {
        if ('path' in ask) return false
        const names = [ask.resource, ask.group === '' ? ask.resource : `${ask.resource}.${ask.group}`, '*']
        return names.includes(resource) && (verb === '*' || verb === ask.verb)
      })
    },
    async strike(response) {
      if (settings.latencyMs > 0) await pause(settings.latencyMs)
      if (settings.throttle) {
        response.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' })
        response.end('Too many requests, please try again later.\n')
        return true
      }
      if (settings.errorRate > 0 && Math.random() < settings.errorRate) {
        const body = {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'Internal error occurred: a fault of the drill',
          reason: 'InternalError',
          code: 500,
        }
        response.writeHead(500, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
        return true
      }
      return false
    },
  }
}
