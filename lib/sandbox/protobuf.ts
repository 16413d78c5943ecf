import type { Obj } from './port.ts'

/** Fields by number: a name for text, a name and a message for an inner one, `map` for string maps, `int` for numbers. */
type Message = { readonly [field: number]: readonly [name: string, type: Type] }
type Type = 'text' | 'texts' | 'int' | 'bool' | 'map' | 'bytes' | 'quantities' | 'either' | Message | { readonly each: Message }

const META: Message = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  11: ['labels', 'map'],
  12: ['annotations', 'map'],
  14: ['finalizers', 'texts'],
}
const RESOURCE: Message = {
  1: ['namespace', 'text'],
  2: ['verb', 'text'],
  3: ['group', 'text'],
  4: ['version', 'text'],
  5: ['resource', 'text'],
  6: ['subresource', 'text'],
  7: ['name', 'text'],
}
const PATH: Message = { 1: ['path', 'text'], 2: ['verb', 'text'] }
const DELETE: Message = {
  1: ['gracePeriodSeconds', 'int'],
  2: ['preconditions', { 1: ['uid', 'text'], 2: ['resourceVersion', 'text'] }],
  4: ['propagationPolicy', 'text'],
  5: ['dryRun', 'texts'],
}

/** The few kinds that clients send as protobuf whatever the server speaks (kubectl's typed calls). */
const POD_SPEC: Message = {
  2: [
    'containers',
    {
      each: {
        1: ['name', 'text'],
        2: ['image', 'text'],
        3: ['command', 'texts'],
        4: ['args', 'texts'],
        6: ['ports', { each: { 1: ['name', 'text'], 3: ['containerPort', 'int'], 4: ['protocol', 'text'] } }],
        7: ['env', { each: { 1: ['name', 'text'], 2: ['value', 'text'] } }],
        8: ['resources', { 1: ['limits', 'quantities'], 2: ['requests', 'quantities'] }],
        14: ['imagePullPolicy', 'text'],
      },
    },
  ],
  3: ['restartPolicy', 'text'],
  4: ['terminationGracePeriodSeconds', 'int'],
  6: ['dnsPolicy', 'text'],
  7: ['nodeSelector', 'map'],
  8: ['serviceAccountName', 'text'],
}
const TEMPLATE: Message = { 1: ['metadata', META], 2: ['spec', POD_SPEC] }
const SELECTOR: Message = { 1: ['matchLabels', 'map'] }
const JOB_SPEC: Message = { 1: ['parallelism', 'int'], 2: ['completions', 'int'], 6: ['template', TEMPLATE], 7: ['backoffLimit', 'int'] }
const RULES: Message = {
  1: ['verbs', 'texts'],
  2: ['apiGroups', 'texts'],
  3: ['resources', 'texts'],
  4: ['resourceNames', 'texts'],
  5: ['nonResourceURLs', 'texts'],
}
const BINDING: Message = {
  1: ['metadata', META],
  2: ['subjects', { each: { 1: ['kind', 'text'], 2: ['apiGroup', 'text'], 3: ['name', 'text'], 4: ['namespace', 'text'] } }],
  3: ['roleRef', { 1: ['apiGroup', 'text'], 2: ['kind', 'text'], 3: ['name', 'text'] }],
}
const PORTS: Message = {
  1: ['name', 'text'],
  2: ['protocol', 'text'],
  3: ['port', 'int'],
  4: ['targetPort', 'either'],
  5: ['nodePort', 'int'],
}
const SCALED: Message = { 1: ['kind', 'text'], 2: ['name', 'text'], 3: ['apiVersion', 'text'] }

const KINDS: Readonly<Record<string, Message>> = {
  SelfSubjectAccessReview: {
    1: ['metadata', META],
    2: ['spec', { 1: ['resourceAttributes', RESOURCE], 2: ['nonResourceAttributes', PATH] }],
  },
  SelfSubjectRulesReview: { 1: ['metadata', META], 2: ['spec', { 1: ['namespace', 'text'] }] },
  SelfSubjectReview: { 1: ['metadata', META] },
  Namespace: { 1: ['metadata', META] },
  ServiceAccount: { 1: ['metadata', META] },
  Secret: { 1: ['metadata', META], 2: ['data', 'bytes'], 3: ['type', 'text'], 4: ['stringData', 'map'], 5: ['immutable', 'bool'] },
  Pod: { 1: ['metadata', META], 2: ['spec', POD_SPEC] },
  Deployment: {
    1: ['metadata', META],
    2: ['spec', { 1: ['replicas', 'int'], 2: ['selector', SELECTOR], 3: ['template', TEMPLATE] }],
  },
  Job: { 1: ['metadata', META], 2: ['spec', JOB_SPEC] },
  CronJob: {
    1: ['metadata', META],
    2: ['spec', { 1: ['schedule', 'text'], 4: ['suspend', 'bool'], 5: ['jobTemplate', { 1: ['metadata', META], 2: ['spec', JOB_SPEC] }] }],
  },
  Service: {
    1: ['metadata', META],
    2: ['spec', { 1: ['ports', { each: PORTS }], 2: ['selector', 'map'], 3: ['clusterIP', 'text'], 4: ['type', 'text'] }],
  },
  HorizontalPodAutoscaler: {
    1: ['metadata', META],
    2: ['spec', { 1: ['scaleTargetRef', SCALED], 2: ['minReplicas', 'int'], 3: ['maxReplicas', 'int'] }],
  },
  Role: { 1: ['metadata', META], 2: ['rules', { each: RULES }] },
  ClusterRole: { 1: ['metadata', META], 2: ['rules', { each: RULES }] },
  RoleBinding: BINDING,
  ClusterRoleBinding: BINDING,
  ResourceQuota: { 1: ['metadata', META], 2: ['spec', { 1: ['hard', 'quantities'] }] },
  PodDisruptionBudget: {
    1: ['metadata', META],
    2: ['spec', { 1: ['minAvailable', 'either'], 2: ['selector', SELECTOR], 3: ['maxUnavailable', 'either'] }],
  },
  PriorityClass: { 1: ['metadata', META], 2: ['value', 'int'], 3: ['globalDefault', 'bool'], 4: ['description', 'text'] },
  TokenRequest: { 1: ['metadata', META], 2: ['spec', { 1: ['audiences', 'texts'], 4: ['expirationSeconds', 'int'] }] },
  ConfigMap: { 1: ['metadata', META], 2: ['data', 'map'] },
  Eviction: { 1: ['metadata', META], 2: ['deleteOptions', DELETE] },
  DeleteOptions: DELETE,
  Scale: { 1: ['metadata', META], 2: ['spec', { 1: ['replicas', 'int'] }] },
}

function* fieldsOf(bytes: Buffer): Generator<[field: number, value: bigint | Buffer]> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message ends too early')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    if (wire === 0) yield [tag >> 3, varint()]
    else if (wire === 2) {
      const length = Number(varint())
      yield [tag >> 3, bytes.subarray(at, at + length)]
      at += length
    } else throw new RangeError(`wire type ${wire} is not known`)
  }
}

/** One entry of a map whose values are texts, bytes (shown in base64) or quantities. */
function entryOf(value: Buffer, type: 'map' | 'bytes' | 'quantities'): Record<string, unknown> {
  let key = ''
  let inner: Buffer = Buffer.alloc(0)
  for (const [field, part] of fieldsOf(value)) {
    if (typeof part === 'bigint') continue
    if (field === 1) key = part.toString()
    if (field === 2) inner = part
  }
  if (type === 'quantities') return { [key]: read(inner, { 1: ['text', 'text'] }).text ?? '0' }
  return { [key]: inner.toString(type === 'bytes' ? 'base64' : 'utf8') }
}

/** A number or a text (IntOrString): its type is the first field. */
function eitherOf(value: Buffer): unknown {
  const { type, number = 0, text = '' } = read(value, { 1: ['type', 'int'], 2: ['number', 'int'], 3: ['text', 'text'] })
  return type === 1 ? text : number
}

function fieldValue(value: bigint | Buffer, type: Type, before: unknown): unknown {
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(BigInt.asIntN(64, value))
  if (type === 'text') return value.length > 0 ? value.toString() : before
  if (type === 'texts') return [...((before as string[] | undefined) ?? []), value.toString()]
  if (type === 'map' || type === 'bytes' || type === 'quantities') return { ...(before as object | undefined), ...entryOf(value, type) }
  if (type === 'either') return eitherOf(value)
  if (typeof type !== 'object') return before
  if ('each' in type) return [...((before as unknown[] | undefined) ?? []), read(value, type.each)]
  return read(value, type)
}

function read(bytes: Buffer, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [field, value] of fieldsOf(bytes)) {
    const known = message[field]
    if (!known) continue
    const read = fieldValue(value, known[1], result[known[0]])
    if (read !== undefined) result[known[0]] = read
  }
  return result
}

/** Reads a body in Kubernetes' protobuf envelope; null when it is of a kind that we only take as JSON or YAML. */
export function readProtobuf(bytes: Buffer): Obj | null {
  if (bytes.subarray(0, 4).toString('latin1') !== 'k8s\u0000') return null
  let type: Record<string, unknown> = {}
  let raw: Buffer = Buffer.alloc(0)
  for (const [field, value] of fieldsOf(bytes.subarray(4))) {
    if (typeof value === 'bigint') continue
    if (field === 1) type = read(value, { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] })
    if (field === 2) raw = value
  }
  const message = KINDS[String(type.kind)]
  return message ? ({ ...type, ...read(raw, message) } as Obj) : null
}
