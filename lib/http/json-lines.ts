import type { Deed, Permit } from '../auth/schema.ts'
import type { Ctx } from '../boot/context.ts'
import type { Result } from '../kernel/result.ts'
import type { DoorVerb } from './endpoint.ts'
import type { Refusal } from './schema.ts'

/** Lets a verb that gives lines, or documents of YAML, each with its line break, answer as a download, read as fast as it is taken. */
export function jsonLines<D extends Deed, I>(
  file: string,
  verb: (ctx: Ctx, permit: Permit<D>, input: I) => Promise<Result<AsyncGenerator<string>, Refusal>>,
  type = 'application/jsonl',
): DoorVerb<D, I> {
  return async (ctx, permit, input) => {
    const said = await verb(ctx, permit, input)
    if (!said.ok) return said
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = await said.value.next()
        if (next.done) controller.close()
        else controller.enqueue(encoder.encode(next.value))
      },
      async cancel() {
        await said.value.return(undefined)
      },
    })
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'content-disposition': `attachment; filename="${file}"`,
      'cache-control': 'no-store',
    }
    return { ok: true, value: new Response(body, { headers }) }
  }
}
