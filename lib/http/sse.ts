import { z } from 'zod'
import type { Ctx } from '../boot/context.ts'
import { databaseAway } from '../db/away.ts'
import type { Message } from '../live/hub.ts'
import { admit, enter, type Handler, handler } from './endpoint.ts'
import { problem } from './problem.ts'
import type { Refusal } from './schema.ts'

const HEARTBEAT = 15_000
/** A reader this far behind, in bytes, is cut off: it comes back and gets whole boards. */
const TOO_FAR_BEHIND = 8_000_000
/** `topics` as in `situation,run:ID`; `since` the `epoch:rev` last seen of each, in the same order. */
const FollowTopics = z.object({ topics: z.string(), since: z.string().optional() })
const TOPIC = /^[a-z-]+(:[A-Za-z0-9._-]{1,200})?$/

/** GET /stream?topics=a,b:c&since=<epoch>:<rev>,…: the boards of those topics, whole and then as patches. */
export function stream(about: string): Handler {
  return handler('stream.read', FollowTopics, { about, type: 'text/event-stream' }, (request) =>
    enter(request, 'stream.read', false, async (ctx, permitted) => {
      const { searchParams } = new URL(request.url)
      const topics = [...new Set((searchParams.get('topics') ?? '').split(',').filter((one) => one !== ''))]
      const strange = topics.length === 0 || topics.length > 32 ? 'topics' : topics.find((one) => !TOPIC.test(one) || !ctx.hub.serves(one))
      if (strange !== undefined) return problem(unknownTopic(strange))
      const since = (searchParams.get('since') ?? request.headers.get('last-event-id') ?? '').split(',')
      const known = new Map(topics.flatMap((topic, i) => (since[i] ? [[topic, since[i]] as const] : [])))
      const headers = new Headers(request.headers)
      return new Response(
        lines(
          (send, close) => ctx.hub.subscribe(permitted.by, topics, known, send, close),
          () => stillIn(ctx, headers),
          request.signal,
        ),
        {
          headers: {
            'content-type': 'text/event-stream; charset=utf-8',
            'cache-control': 'no-store, no-transform',
            'x-accel-buffering': 'no',
          },
        },
      )
    }),
  )
}

function unknownTopic(topic: string): Refusal & { errors: { path: string; message: string }[] } {
  return {
    code: 'bad-input',
    message: `topics: ${topic} is not something to follow.`,
    errors: [{ path: 'topics', message: `unknown topic ${topic}` }],
  }
}

/** A session that ends takes its streams with it. */
async function stillIn(ctx: Ctx, headers: Headers): Promise<boolean> {
  try {
    return (await admit(ctx, headers, 'stream.read', false)).ok
  } catch (error) {
    return databaseAway(error)
  }
}

function lines(
  subscribe: (send: (message: Message) => void, close: () => void) => () => void,
  stays: () => Promise<boolean>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let end = (_cancelled = false): void => {}
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => {
          if ((controller.desiredSize ?? 0) < -TOO_FAR_BEHIND) return end()
          controller.enqueue(encoder.encode(text))
        }
        write('retry: 1000\n\n')
        const beat = setInterval(() => {
          write('event: beat\ndata: 0\n\n')
          void stays().then((still) => still || end())
        }, HEARTBEAT)
        const leave = subscribe(
          (message) => write(`data: ${JSON.stringify(message)}\n\n`),
          () => end(),
        )
        end = (cancelled = false) => {
          end = () => {}
          clearInterval(beat)
          leave()
          signal.removeEventListener('abort', stop)
          if (!cancelled) controller.close()
        }
        const stop = () => end()
        signal.addEventListener('abort', stop)
      },
      cancel: () => end(true),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  )
}
