import type { Kind } from '../kinds.ts'

/** A structural schema as definitions carry it (OpenAPI v3 as CustomResourceDefinitions use it). */
export type Schema = {
  readonly type?: string
  readonly format?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly nullable?: boolean
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  /** The Go type behind a field of a built-in kind: a letter of the table, or a model's name. */
  readonly go?: string
}

/** The schema of a custom resource, or null when its definition carries none (then nothing is checked or pruned). */
export function schemaOfCrd({ crd, version }: Kind): Schema | null {
  const own = crd?.spec.versions.find((each: { name: string }) => each.name === version)?.schema?.openAPIV3Schema as Schema | undefined
  return own && Object.keys(own).length > 0 ? own : null
}
