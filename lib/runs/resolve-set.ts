import { at, dict, text, textMap } from '../kernel/wire.ts'
import { evaluateEach, fill } from '../runbooks/evaluate-expression.ts'
import { SetDefinition } from '../runbooks/schema.ts'
import { type Ground, type LiveObject, listNow, liveObject, NotReadable, resourceFor } from './ground.ts'
import { documentOf, noteOnT0 } from './rules.ts'

export type Resolved = { readonly items: readonly LiveObject[]; readonly definition: SetDefinition; readonly from: 'T0' | 'now' }

/** A set that is larger or smaller than its author said must not be acted on. */
export class OutOfBounds extends Error {
  override readonly name = 'OutOfBounds'
}

async function definitionOf(ground: Ground, name: string): Promise<SetDefinition> {
  const raw = documentOf(ground.run).spec.sets?.[name]
  if (!raw) throw new NotReadable(`the runbook has no set ${name}`)
  const { where, ...rest } = raw
  return SetDefinition.parse({ ...((await fill(rest, ground.bindings)) as object), ...(where ? { where } : {}) })
}

async function read(ground: Ground, set: SetDefinition): Promise<readonly LiveObject[]> {
  const resource = resourceFor(ground, set.kind, set.group)
  const namespace = set.namespace && set.namespace !== '*' ? set.namespace : ''
  if (set.at !== 'T0') return listNow(ground.api, resource, namespace, set.selector)
  const group = resource.apiVersion.includes('/') ? resource.apiVersion.split('/')[0] : ''
  const recorded = await ground.watched.history.manifests(set.kind, new Date(ground.run.started.t0), false, group)
  return recorded.map((one) => {
    const meta = dict(one.manifest.metadata)
    return liveObject(
      { ...one.manifest, metadata: { ...meta, uid: text(meta.uid) || one.uid } },
      { apiVersion: text(one.manifest.apiVersion) || resource.apiVersion, kind: set.kind },
      one.redacted,
    )
  })
}

/** Why nothing at T0 need not mean that nothing was there; '' when it does. */
export function whyEmpty(ground: Ground, set: SetDefinition): string {
  const state = ground.watched.inventory
    .kinds()
    .find((one) => one.kind === set.kind && (!set.group || one.apiVersion.startsWith(set.group)))
  if (state?.freshness === 'forbidden') return `${set.kind} may not be read by the account, so none is recorded.`
  return noteOnT0(ground.run.started)
}

/**
 * What is being deleted, or will be: a namespace that is being deleted takes its pods first and everything else only after
 * them (Kubernetes: namespaced_resources_deleter.go), so that its objects carry no time of their own for half a minute.
 */
async function areGoing(ground: Ground, items: readonly LiveObject[]): Promise<(one: LiveObject) => boolean> {
  const isDeleting = ({ object }: LiveObject) => text(at(object, 'metadata', 'deletionTimestamp')) !== ''
  if (items.every((one) => one.ref.namespace === '' || isDeleting(one))) return isDeleting
  const ending = new Set((await listNow(ground.api, resourceFor(ground, 'Namespace'))).filter(isDeleting).map((one) => one.ref.name))
  return (one) => isDeleting(one) || ending.has(one.ref.namespace)
}

function fits(set: SetDefinition, one: LiveObject): boolean {
  const names = set.name === undefined ? null : Array.isArray(set.name) ? set.name : [set.name]
  if (names && !names.includes(one.ref.name)) return false
  if (set.namespace && set.namespace !== '*' && one.ref.namespace !== set.namespace) return false
  if (set.claimedFrom !== undefined) {
    const claim = text(at(one.object, 'spec', 'claimRef', 'namespace'))
    if (claim === '' || (set.claimedFrom !== '*' && claim !== set.claimedFrom)) return false
  }
  const labels = textMap(at(one.object, 'metadata', 'labels'))
  return Object.entries(set.selector ?? {}).every(([key, value]) => labels[key] === value)
}

/**
 * The objects of a named set: of this moment, asked of the API server now, or as recorded at T0. An object on which
 * `where` has no answer is left out only when the field it speaks of is missing. Throws when it cannot be read.
 */
export async function resolveSet(ground: Ground, name: string, seen: readonly string[] = []): Promise<Resolved> {
  if (seen.includes(name)) throw new NotReadable(`the sets ${[...seen, name].join(' → ')} leave each other out in a circle`)
  const definition = await definitionOf(ground, name)
  let items = (await read(ground, definition)).filter((one) => fits(definition, one))
  if (definition.deleting !== undefined) {
    const isGoing = await areGoing(ground, items)
    items = items.filter((one) => isGoing(one) === definition.deleting)
  }
  for (const other of definition.except ?? []) {
    const out = new Set((await resolveSet(ground, other, [...seen, name])).items.map((one) => one.key))
    items = items.filter((one) => !out.has(one.key))
  }
  if (definition.where !== undefined) {
    const answers = await evaluateEach(
      definition.where,
      ground.bindings,
      items.map((one) => one.object),
    )
    const failed = answers.find((answer) => !answer.ok && !/not found|no such|unresolved/.test(answer.why))
    if (failed && !failed.ok) throw new NotReadable(`set ${name}: ${failed.why}`)
    items = items.filter((_, index) => {
      const answer = answers[index]
      return answer?.ok === true && answer.value === true
    })
  }
  items = [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return { items, definition, from: definition.at === 'T0' ? 'T0' : 'now' }
}

/** As `resolveSet`, and refuses a set outside its `expect`: an act on more than was foreseen is not carried out. */
export async function resolveForAct(ground: Ground, name: string): Promise<Resolved> {
  const resolved = await resolveSet(ground, name)
  const { min, max } = resolved.definition.expect ?? {}
  const count = resolved.items.length
  if (max !== undefined && count > max)
    throw new OutOfBounds(
      `set ${name} has ${count} objects and at most ${max} were foreseen: look what the others are, then change the runbook or act by hand`,
    )
  if (min !== undefined && count < min)
    throw new OutOfBounds(`set ${name} has ${count} objects and at least ${min} were foreseen: something that should be there is missing`)
  return resolved
}
