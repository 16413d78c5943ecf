// node bin/run.mjs bin/built-in-types.mjs: writes what fields the built-in kinds have, read off the client library's models.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './node.mjs'

const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models')
const QUANTITY_MAPS = new Set(
  'limits requests capacity allocatable hard used default defaultRequest max min maxLimitRequestRatio allocatedResources podFixed overhead consumedCapacity'.split(
    ' ',
  ),
)
const QUANTITIES = new Set(['sizeLimit', 'divisor', 'averageValue', 'maximumVolumeSize'])

function isQuantity(model, name) {
  if (QUANTITIES.has(name)) return true
  if (name === 'capacity') return model.endsWith('CSIStorageCapacity')
  return name === 'value' && /Metric(Target|ValueStatus)|Counter|DeviceCapacity/.test(model)
}

/** One letter for a plain type, `[` before the items of a list, `{` before the values of a map, else a model's name. */
function code(model, { baseName, type, format }) {
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)
  if (map) return `{${map[1] === 'string' && QUANTITY_MAPS.has(baseName) ? 'q' : code(model, { baseName: '', type: map[1], format })}`
  const list = /^Array<(.*)>$/.exec(type)
  if (list) return `[${code(model, { baseName: '', type: list[1], format: '' })}`
  if (type === 'string') return format === 'byte' ? 'y' : isQuantity(model, baseName) ? 'q' : 's'
  if (type === 'number') return format === 'int64' ? 'l' : format === 'double' ? 'd' : 'i'
  if (type === 'V1MicroTime') return 'm'
  return { boolean: 'b', Date: 't', IntOrString: 'x', any: 'a', object: 'a' }[type] ?? type
}

/** The models that read one: its own attributes, or those of nothing (an opaque value). */
async function fieldsOf(model) {
  const file = join(models, `${model}.js`)
  if (!existsSync(file)) throw new Error(`no model ${model}`)
  const { [model]: type } = await import(file)
  return type.attributeTypeMap.map((each) => [each.baseName, code(model, each)])
}

function modelOf(group, version, kind) {
  const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1)
  const first = group === 'core' ? 'Core' : upper(group.split('.')[0])
  const names = [`${upper(version)}${kind}`, `${first}${upper(version)}${kind}`]
  return names.find((name) => existsSync(join(models, `${name}.js`)))
}

const rows = readFileSync(join(root, 'lib/sandbox/built-in.ts'), 'utf8')
  .split('\n')
  .flatMap((line) => /^ {2}'(.*)',$/.exec(line)?.[1] ?? [])
const roots = []
let at = []
for (const row of rows) {
  const cells = row.split(' ')
  if (cells[0] === '#') at = [cells[1], cells[2]]
  else {
    const model = modelOf(at[0], at[1], cells[1])
    if (!model) throw new Error(`no model of ${row}`)
    roots.push([`${at[0] === 'core' ? '' : `${at[0]}/`}${at[1]} ${cells[1]}`, model])
  }
}
const known = new Map()
const waiting = ['PolicyV1Eviction', 'V1Eviction', 'V1Scale', 'AuthenticationV1TokenRequest', ...roots.map(([, model]) => model)].filter(
  (model) => existsSync(join(models, `${model}.js`)),
)
while (waiting.length > 0) {
  const model = waiting.pop()
  if (known.has(model)) continue
  known.set(model, await fieldsOf(model))
  for (const [, type] of known.get(model)) {
    const inner = type.replace(/^[[{]+/, '')
    if (inner.length > 1) waiting.push(inner)
  }
}
const lines = [
  ...roots.map(([type, model]) => `= ${type} ${model}`),
  ...[...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([model, fields]) => `${model} ${fields.map((pair) => pair.join(':')).join(' ')}`),
]
writeFileSync(join(root, 'lib/sandbox/typed/built-in-types.txt'), `${lines.join('\n')}\n`)
