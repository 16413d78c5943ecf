import { groupOf } from '../argocd/rules.ts'
import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { homeOf } from './rules.ts'

/** A hint that a service needs another one, seen from its objects; nobody declared it. `home` is `<namespace>/<name>`. */
export type Hint = { readonly home: string; readonly why: string }

/** Who defines each custom kind, `<group>/<Kind>` → the home of its definition; made once for many services. */
export function definersOf(look: Look): ReadonlyMap<string, string> {
  const definers = new Map<string, string>()
  for (const definition of look.list('CustomResourceDefinition', 'apiextensions.k8s.io')) {
    const home = homeOf(definition, look)
    if (home && definition.facts.is === 'crd') definers.set(`${definition.facts.group}/${definition.facts.kind}`, keyOf(home))
  }
  return definers
}

/**
 * What the members of a service lean on that belongs to another one: the Services behind an Ingress, the claims and ConfigMaps
 * that a workload mounts, and whoever brought the definition of a custom resource.
 */
export function inferNeeds(members: readonly SlimRecord[], look: Look, definers: ReadonlyMap<string, string>): readonly Hint[] {
  const hints = new Map<string, string>()
  const lean = (kind: string, namespace: string, name: string, why: string) => {
    const other = look.find(kind, namespace, name, '')
    const home = other ? homeOf(other, look) : null
    if (home) hint(keyOf(home), why)
  }
  const hint = (home: string, why: string) => {
    if (!hints.has(home)) hints.set(home, why)
  }
  for (const { facts, kind, name, namespace, apiVersion } of members) {
    if (facts.is === 'ingress') for (const to of facts.services) lean('Service', namespace, to, `Ingress ${name} leads to Service ${to}`)
    if (facts.is === 'workload') {
      for (const claim of facts.claims) lean('PersistentVolumeClaim', namespace, claim, `${kind} ${name} mounts claim ${claim}`)
      for (const map of facts.configMaps) lean('ConfigMap', namespace, map, `${kind} ${name} reads ConfigMap ${map}`)
    }
    const definer = definers.get(`${groupOf(apiVersion)}/${kind}`)
    if (definer) hint(definer, `it defines the kind of ${kind} ${name}`)
  }
  return [...hints].map(([home, why]) => ({ home, why }))
}

function keyOf(home: { readonly namespace: string; readonly name: string }): string {
  return `${home.namespace}/${home.name}`
}
