import type { Obj } from './port.ts'

/** Fields by number: a name for text, a name and a message for an inner one, `map` for string maps, `int` for numbers. */
type Message = { readonly [field: number]: readonly [name: string, type: 'text' | 'texts' | 'int' | 'bool' | 'map' | Message] }

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
const KINDS: Readonly<Record<string, Message>> = {
  SelfSubjectAccessReview: {
    1: ['metadata', META],
    2: ['spec', { 1: ['resourceAttributes', RESOURCE], 2: ['nonResourceAttributes', PATH] }],
  },
  SelfSubjectRulesReview: { 1: ['metadata', META], 2: ['spec', { 1: ['namespace', 'text'] }] },
  SelfSubjectReview: { 1: ['metadata', META] },
  Namespace: { 1: ['metadata', META] },
  ServiceAccount: { 1: ['metadata', META] },
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

function read(bytes: Buffer, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [field, value] of fieldsOf(bytes)) {
    const known = message[field]
    if (!known) continue
    const [name, type] = known
    if (typeof value === 'bigint') result[name] = type === 'bool' ? value !== 0n : Number(BigInt.asIntN(64, value))
    else if (type === 'text') {
      if (value.length > 0) result[name] = value.toString()
    } else if (type === 'texts') result[name] = [...((result[name] as string[] | undefined) ?? []), value.toString()]
    else if (type === 'map') {
      const pair = read(value, { 1: ['key', 'text'], 2: ['value', 'text'] })
      result[name] = { ...(result[name] as object | undefined), [String(pair.key)]: pair.value ?? '' }
    } else if (typeof type === 'object') result[name] = read(value, type)
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
