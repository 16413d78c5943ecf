import { FUNCTIONS, show, truthy, UnsimulatedTemplate } from './go-functions.ts'

export type MissingKey = 'error' | 'default'
type Scope = { readonly dot: unknown; readonly root: unknown; readonly missing: MissingKey }
type Block = { readonly word: 'if' | 'with' | 'range'; readonly test: string; readonly body: Node[]; readonly otherwise: Node[] }
type Node = string | { readonly pipe: string } | Block
type Piece = { readonly text: string } | { readonly action: string }
type Reader = { readonly pieces: readonly Piece[]; at: number }

/**
 * A Go template with these parameters: fields, pipelines, `if`, `with`, `range`, comments, trim markers and the functions of FUNCTIONS.
 * Throws UnsimulatedTemplate for all else (variables, named templates), and the error of Argo CD for what is wrong or missing.
 */
export function renderGo(template: string, params: unknown, missing: MissingKey): string {
  if (!template.includes('{{')) return template
  const reader = { pieces: cut(template), at: 0 }
  const nodes = read(reader)
  if (reader.at < reader.pieces.length) throw new Error('unexpected {{end}}')
  return write(nodes, { dot: params, root: params, missing })
}

function cut(template: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let trim = false
  const add = (raw: string, before: boolean) => {
    const left = trim ? raw.trimStart() : raw
    pieces.push({ text: before ? left.trimEnd() : left })
  }
  for (const found of template.matchAll(/\{\{(-\s)?((?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\})[^"`])*?)(\s-)?\}\}/g)) {
    add(template.slice(from, found.index), found[1] !== undefined)
    const action = (found[2] ?? '').trim()
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ action })
    trim = found[3] !== undefined
    from = found.index + found[0].length
  }
  const rest = template.slice(from)
  if (rest.includes('{{')) throw new Error('unclosed action')
  add(rest, false)
  return pieces
}

/** Reads up to an `else` or `end`, which it leaves to its caller. */
function read(reader: Reader): Node[] {
  const nodes: Node[] = []
  for (let piece = reader.pieces[reader.at]; piece; piece = reader.pieces[reader.at]) {
    if ('action' in piece && /^(else|end)\b/.test(piece.action)) return nodes
    reader.at += 1
    if ('text' in piece) nodes.push(piece.text)
    else nodes.push(readAction(piece.action, reader))
  }
  return nodes
}

function readAction(action: string, reader: Reader): Node {
  const [, word = '', test = ''] = /^(\w*)\s*([\s\S]*)$/.exec(action) ?? []
  if (word === 'if' || word === 'with' || word === 'range') return readBlock(word, test, reader)
  if (['define', 'template', 'block', 'break', 'continue'].includes(word)) throw new UnsimulatedTemplate(action)
  return { pipe: action }
}

function readBlock(word: Block['word'], test: string, reader: Reader): Block {
  const body = read(reader)
  const next = reader.pieces[reader.at]
  reader.at += 1
  if (!next || !('action' in next)) throw new Error('unexpected EOF')
  if (next.action === 'end') return { word, test, body, otherwise: [] }
  const [, again, then = ''] = /^else\s+(if|with)\s+([\s\S]*)$/.exec(next.action) ?? []
  if (again === 'if' || again === 'with') return { word, test, body, otherwise: [readBlock(again, then, reader)] }
  const otherwise = read(reader)
  const end = reader.pieces[reader.at]
  reader.at += 1
  if (!end || !('action' in end) || end.action !== 'end') throw new Error('unexpected EOF')
  return { word, test, body, otherwise }
}

function write(nodes: readonly Node[], scope: Scope): string {
  return nodes
    .map((node) => (typeof node === 'string' ? node : 'pipe' in node ? show(evaluate(node.pipe, scope)) : writeBlock(node, scope)))
    .join('')
}

function writeBlock({ word, test, body, otherwise }: Block, scope: Scope): string {
  const value = evaluate(test, scope)
  if (!truthy(value)) return write(otherwise, scope)
  if (word === 'if') return write(body, scope)
  if (word === 'with') return write(body, { ...scope, dot: value })
  if (typeof value !== 'object' || value === null) throw new Error(`range can't iterate over ${show(value)}`)
  const items = Array.isArray(value)
    ? value
    : Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, each]) => each)
  return items.map((each) => write(body, { ...scope, dot: each })).join('')
}

const TOKEN = /\s*("(?:\\.|[^"\\])*"|`[^`]*`|[()|]|-?\d+(?:\.\d+)?(?![\w.])|\$?(?:\.\w+)+|\.|\$(?!\w)|[A-Za-z_]\w*(?!\s*:?=))/y

function evaluate(pipe: string, scope: Scope): unknown {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; pipe.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(pipe)
    if (!found?.[1]) throw new UnsimulatedTemplate(pipe)
    tokens.push(found[1])
  }
  if (tokens.length === 0) throw new Error('missing value for command')
  const value = pipeline(tokens, scope)
  if (tokens.length > 0) throw new Error(`unexpected ${tokens[0]} in operand`)
  return value
}

function pipeline(tokens: string[], scope: Scope): unknown {
  let value = command(tokens, scope, [])
  while (tokens[0] === '|') {
    tokens.shift()
    value = command(tokens, scope, [value])
  }
  return value
}

function command(tokens: string[], scope: Scope, piped: readonly unknown[]): unknown {
  const word = tokens[0] ?? ''
  const named = /^[A-Za-z_]/.test(word) && !['true', 'false', 'nil'].includes(word)
  if (!named) {
    if (piped.length > 0) throw new Error(`non executable command in pipeline: ${word}`)
    return operand(tokens, scope)
  }
  tokens.shift()
  const call = FUNCTIONS.get(word)
  if (!call) throw new UnsimulatedTemplate(word)
  const given: unknown[] = []
  while (tokens.length > 0 && tokens[0] !== '|' && tokens[0] !== ')') given.push(operand(tokens, scope))
  return call(...given, ...piped)
}

function operand(tokens: string[], scope: Scope): unknown {
  const word = tokens.shift() ?? ''
  if (word === '(') {
    const value = pipeline(tokens, scope)
    if (tokens.shift() !== ')') throw new Error('unclosed left paren')
    return value
  }
  if (word.startsWith('"')) return JSON.parse(word)
  if (word.startsWith('`')) return word.slice(1, -1)
  if (/^-?\d/.test(word)) return Number(word)
  if (word === 'true' || word === 'false') return word === 'true'
  if (word === 'nil') return undefined
  if (word === '.') return scope.dot
  if (word === '$') return scope.root
  if (/^\$?\./.test(word)) return field(word, scope)
  if (FUNCTIONS.has(word)) return command([word], scope, [])
  throw new UnsimulatedTemplate(word)
}

function field(word: string, { dot, root, missing }: Scope): unknown {
  let value = word.startsWith('$') ? root : dot
  for (const key of word.replace(/^\$?\./, '').split('.')) {
    const there = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    if (!there && missing === 'error') throw new Error(`map has no entry for key "${key}"`)
    value = there ? (value as Record<string, unknown>)[key] : undefined
  }
  return value
}
