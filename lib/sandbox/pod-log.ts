import type { ServerResponse } from 'node:http'
import type { Obj } from './port.ts'
import { badRequest } from './refusal.ts'
import { sendText } from './respond.ts'

type Named = { readonly name: string }

/** The container whose log is asked for; throws `ApiRefusal` 400 when it is not clear or not there (Kubernetes: podLogStrategy). */
function containerOf({ metadata, spec }: Obj, asked: string | null): string {
  const first: readonly Named[] = spec?.initContainers ?? []
  const containers: readonly Named[] = spec?.containers ?? []
  const names = containers.map(({ name }) => name)
  if (asked) {
    if (![...first, ...containers].some(({ name }) => name === asked))
      throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`)
    return asked
  }
  if (names.length === 1) return names[0] ?? ''
  const init = first.length > 0 ? ` or one of the init containers: [${first.map(({ name }) => name).join(' ')}]` : ''
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]${init}`)
}

/** Answers a pod's log: simulated containers write none. Throws `ApiRefusal` 400 where there could not be one. */
export function answerLog(response: ServerResponse, pod: Obj, query: URLSearchParams): void {
  const container = containerOf(pod, query.get('container'))
  const { name } = pod.metadata
  if (!pod.spec?.nodeName) throw badRequest(`pod ${name} does not have a host assigned`)
  const status = (pod.status?.containerStatuses ?? []).find((each: Named) => each.name === container)
  const waiting: string | undefined = status?.state?.waiting?.reason ?? (status ? undefined : 'ContainerCreating')
  const why = waiting && /ImagePull/.test(waiting) ? `trying and failing to pull image` : waiting
  if (why) throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${why}`)
  sendText(response, 200, '')
}
