import type { RecordedEvent, Watched } from '../inventory/port.ts'

const PAUSE_MS = 3_000

export type Warnings = { read(now: number): void; all(): readonly RecordedEvent[] }

/** The Warning events of the last ten minutes, read while a webhook stands that can refuse everything; `now` is cluster time in ms. */
export function readWarnings({ inventory, history }: Watched, onError: (error: unknown, what: string) => void): Warnings {
  let events: readonly RecordedEvent[] = []
  let readAt = 0
  const waiting = () =>
    [...inventory.list('ValidatingWebhookConfiguration'), ...inventory.list('MutatingWebhookConfiguration')].some(
      (one) => one.facts.is === 'webhook' && one.facts.hooks.some((hook) => hook.failurePolicy === 'Fail' && hook.service !== ''),
    )
  return {
    all: () => events,
    read(now) {
      if (Date.now() - readAt < PAUSE_MS || !waiting()) return
      readAt = Date.now()
      history.events(new Date(now - 10 * 60_000), new Date(now + 60_000), 2_000).then(
        (found) => {
          events = found.filter((one) => one.type === 'Warning')
        },
        (error: unknown) => onError(error, 'events could not be read'),
      )
    },
  }
}
