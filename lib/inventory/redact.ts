import { createHmac } from 'node:crypto'
import { at, type Dict, dict, list, text } from '../kernel/wire.ts'

const TELLTALE = /passw(or)?d|passphrase|token|secret|credential|dsn|api[-_.]?key|private[-_.]?key|access[-_.]?key|connection[-_.]?string/i
/** Words that point to a secret or talk about one, without being one. */
const HARMLESS =
  /(name|ref|refs|path|file|enabled|mode|type|kind|class|ttl|expiry|expiration|namespace|mount|store|provider|url|host|port|length|count|timeout|interval)s?$/i
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)([^/\s:@"']*):([^/\s@"']+)@/gi
const ASSIGNMENT = /^([ \t]*(?:export[ \t]+)?["']?)([\w.-]+)(["']?[ \t]*[:=][ \t]*)(\S.*)$/gm

export type Redacted = { readonly object: Dict; readonly redacted: boolean }

export function isTelltale(key: string): boolean {
  return TELLTALE.test(key) && !HARMLESS.test(key)
}

/**
 * Takes secrets out of an object before it is hashed or stored. A short keyed HMAC stays in their place,
 * so that a change shows and the value cannot be guessed without the key. The object given is not changed.
 */
export function createRedactor(key: Uint8Array, paths: readonly string[] = []) {
  const mark = (value: string) => `redacted:${createHmac('sha256', key).update(value).digest('base64url').slice(0, 12)}`

  return function redact(object: Dict): Redacted {
    let touched = false
    const hide = (value: unknown): unknown => {
      if (typeof value !== 'string' || isPlain(value)) return value
      touched = true
      return mark(value)
    }
    const hideUsers = (value: string) =>
      value.includes('://') && value.includes('@')
        ? value.replace(USER_INFO, (_all, scheme: string, user: string, word: string) => {
            if (word.startsWith('redacted:')) return _all
            touched = true
            return `${scheme}${user}:${mark(word)}@`
          })
        : value
    const hideLines = (value: string) =>
      value.replace(ASSIGNMENT, (all, lead: string, name: string, sign: string, said: string) => {
        const bare = said.replace(/^["']|["'],?$|,$/g, '')
        return isTelltale(name) && !isPlain(bare) && !/^[{[|>&]/.test(said) ? `${lead}${name}${sign}${String(hide(bare))}` : all
      })

    /** Copies only what changes on the way down. */
    function walk(value: unknown, edit: (key: string, value: unknown) => unknown, key = ''): unknown {
      const now = edit(key, value)
      if (Array.isArray(now)) {
        let copy: unknown[] | null = null
        now.forEach((one, i) => {
          const next = walk(one, edit, key)
          if (next !== one) {
            copy ??= [...now]
            copy[i] = next
          }
        })
        return copy ?? now
      }
      if (typeof now !== 'object' || now === null) return now
      let copy: Record<string, unknown> | null = null
      for (const [name, one] of Object.entries(now)) {
        const next = walk(one, edit, name)
        if (next !== one) {
          copy ??= { ...now }
          copy[name] = next
        }
      }
      return copy ?? now
    }

    let result = walk(object, (_key, value) => (typeof value === 'string' ? hideUsers(value) : value)) as Dict
    const kind = text(object.kind)
    if (kind === 'ConfigMap' && !text(at(object, 'metadata', 'name')).startsWith('argocd-')) {
      const data: Record<string, unknown> = {}
      for (const [name, value] of Object.entries(dict(result.data)))
        data[name] = isTelltale(name) ? hide(value) : typeof value === 'string' ? hideLines(value) : value
      if (result.data !== undefined) result = { ...result, data }
    }
    result = walk(result, (name, value) => {
      if (name === 'env' && Array.isArray(value)) return value.map((one) => hideVariable(one, hide))
      if (kind === 'Application' || kind === 'ApplicationSet') {
        if (name === 'parameters' && Array.isArray(value)) return value.map((one) => hideVariable(one, hide))
        if (name === 'values' && typeof value === 'string') return hideLines(value)
        if (name === 'valuesObject') return walk(value, (inner, one) => (isTelltale(inner) ? hide(one) : one))
      }
      return value
    }) as Dict
    for (const path of paths) result = hidePath(result, path.split('.'), hide)
    return { object: result, redacted: touched }
  }
}

function hideVariable(value: unknown, hide: (value: unknown) => unknown): unknown {
  const one = dict(value)
  if (!isTelltale(text(one.name)) || typeof one.value !== 'string') return value
  const next = hide(one.value)
  return next === one.value ? value : { ...one, value: next }
}

function hidePath(object: Dict, [step, ...rest]: readonly string[], hide: (value: unknown) => unknown): Dict {
  if (step === undefined || object[step] === undefined) return object
  const below = object[step]
  if (rest.length === 0) return { ...object, [step]: hide(typeof below === 'string' ? below : JSON.stringify(below)) }
  if (Array.isArray(below)) return { ...object, [step]: list(below).map((one) => hidePath(dict(one), rest, hide)) }
  return { ...object, [step]: hidePath(dict(below), rest, hide) }
}

/** Nothing to hide: empty, a switch, a reference resolved elsewhere, or hidden already. */
function isPlain(value: string): boolean {
  return (
    value === '' || /^(true|false|yes|no|null|none|\d{1,4})$/i.test(value) || /^\$[\w{(:-]/.test(value) || value.startsWith('redacted:')
  )
}
