import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { internalError, resourceName } from './refusal.ts'
import { fitsSelector } from './selectors.ts'
import type { Storage, Write } from './storage.ts'

type Operation = 'CREATE' | 'UPDATE' | 'DELETE'
type MatchRule = {
  apiGroups?: string[]
  apiVersions?: string[]
  operations?: string[]
  resources?: string[]
  scope?: string
  resourceNames?: string[]
}
type Asked = {
  readonly storage: Storage
  readonly operation: Operation
  readonly kind: Kind
  readonly object: Obj | null
  readonly old: Obj | null
  readonly write: Write
}

const ADMISSION = 'admissionregistration.k8s.io'
const env = celEnv()
const plans = new Map<string, ReturnType<typeof plan>>()

function matchesRule(rule: MatchRule, { operation, kind, write }: Asked): boolean {
  const any = (list: string[] | undefined, value: string) => list?.includes('*') || list?.includes(value) || false
  const resource = write.subresource ? `${kind.plural}/${write.subresource}` : kind.plural
  const named =
    rule.resources?.some(
      (wanted) => wanted === '*/*' || wanted === resource || (wanted === '*' && !write.subresource) || wanted === `${kind.plural}/*`,
    ) ?? false
  return any(rule.apiGroups, kind.group) && any(rule.apiVersions, kind.version) && any(rule.operations, operation) && named
}

function matches(
  constraints:
    | {
        resourceRules?: MatchRule[]
        rules?: MatchRule[]
        excludeResourceRules?: MatchRule[]
        namespaceSelector?: unknown
        objectSelector?: unknown
      }
    | undefined,
  asked: Asked,
): boolean {
  if (!constraints) return true
  const rules = constraints.resourceRules ?? constraints.rules
  if (rules && !rules.some((rule) => matchesRule(rule, asked))) return false
  if (constraints.excludeResourceRules?.some((rule) => matchesRule(rule, asked))) return false
  const subject = asked.object ?? asked.old
  if (constraints.objectSelector && !fitsSelector(constraints.objectSelector, subject?.metadata.labels ?? {})) return false
  if (!constraints.namespaceSelector || (!asked.kind.namespaced && asked.kind.resource !== 'namespaces')) return true
  const home = asked.kind.resource === 'namespaces' ? subject : asked.storage.get('namespaces', '', subject?.metadata.namespace ?? '')
  return fitsSelector(constraints.namespaceSelector, home?.metadata.labels ?? {})
}

/** Evaluates one CEL expression; throws when it cannot be evaluated. Whole numbers are ints, as the API's schemas have them. */
function evaluate(expression: string, bindings: Record<string, unknown>): unknown {
  let planned = plans.get(expression)
  if (!planned) {
    planned = plan(env, parse(expression))
    plans.set(expression, planned)
  }
  const result = planned(bindings as Record<string, CelInput>)
  if (isCelError(result)) throw new Error(result.message)
  return result
}

function toCel(value: unknown): CelInput {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, inner]) => [key, toCel(inner)]))
  return value as CelInput
}

function bindingsFor({ operation, kind, object, old, write }: Asked, policy: Obj): Record<string, unknown> {
  const { name = '', namespace = '' } = (object ?? old)?.metadata ?? {}
  const request = {
    operation,
    name,
    namespace,
    userInfo: { username: write.by, groups: write.groups ?? [] },
    dryRun: write.dry ?? false,
    resource: { group: kind.group, version: kind.version, resource: kind.plural },
  }
  const variables = new Map<string, unknown>()
  const bindings = { object: toCel(object), oldObject: toCel(old), request: toCel(request), variables }
  for (const variable of policy.spec.variables ?? []) variables.set(variable.name, evaluate(variable.expression, bindings))
  return bindings
}

type Validation = { expression: string; message?: string; messageExpression?: string; reason?: string }

/** Why a policy denies a write; null when it admits it, does not apply, or when its own error is to be ignored. */
function denialBy(asked: Asked, policy: Obj): { readonly why: string; readonly reason: string } | null {
  let evaluating = ''
  const ask = (expression: string, bindings: Record<string, unknown>) => {
    evaluating = expression
    return evaluate(expression, bindings)
  }
  try {
    const bindings = bindingsFor(asked, policy)
    const conditions: readonly { expression: string }[] = policy.spec.matchConditions ?? []
    if (!conditions.every(({ expression }) => ask(expression, bindings) === true)) return null
    for (const validation of (policy.spec.validations ?? []) as Validation[]) {
      if (ask(validation.expression, bindings) === true) continue
      const text = validation.messageExpression ? ask(validation.messageExpression, bindings) : undefined
      const why = typeof text === 'string' ? text : (validation.message ?? `failed expression: ${validation.expression}`)
      return { why, reason: validation.reason ?? 'Invalid' }
    }
    return null
  } catch (error) {
    if (policy.spec.failurePolicy === 'Ignore') return null
    return { why: `expression '${evaluating}' resulted in error: ${error instanceof Error ? error.message : 'unknown'}`, reason: 'Invalid' }
  }
}

function admitByValidatingPolicies(asked: Asked): void {
  const { storage, kind, object, old } = asked
  for (const binding of storage.list(`validatingadmissionpolicybindings.${ADMISSION}`)) {
    const policy = storage.get(`validatingadmissionpolicies.${ADMISSION}`, '', binding.spec?.policyName ?? '')
    if (!policy || !binding.spec?.validationActions?.includes('Deny')) continue
    if (!matches(policy.spec?.matchConstraints, asked) || !matches(binding.spec?.matchResources, asked)) continue
    const denial = denialBy(asked, policy)
    if (denial === null) continue
    const name = (object ?? old)?.metadata.name ?? ''
    const denied = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${denial.why}`
    const code = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }[denial.reason] ?? 422
    const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, causes: [{ message: denied }] }
    throw new ApiRefusal({ code, reason: denial.reason, message: `${resourceName(kind)} "${name}" is forbidden: ${denied}`, details })
  }
}

/** Why a webhook cannot be reached; null when its service has a ready endpoint, which then allows everything. */
function deafness(storage: Storage, url: string, service: { namespace: string; name: string } | undefined): string | null {
  if (!service) return `dial tcp ${new URL(url).host}: connect: connection refused`
  const stored = storage.get('services', service.namespace, service.name)
  if (!stored) return `service "${service.name}" not found`
  const slices = storage.list('endpointslices.discovery.k8s.io', service.namespace)
  const ready = slices.some(
    (slice) =>
      slice.metadata.labels?.['kubernetes.io/service-name'] === service.name &&
      (slice.endpoints ?? []).some((endpoint: { conditions?: { ready?: boolean } }) => endpoint.conditions?.ready !== false),
  )
  return ready ? null : `no endpoints available for service "${service.name}"`
}

function admitByWebhooks(asked: Asked, configurations: readonly Obj[]): void {
  for (const configuration of configurations) {
    for (const hook of configuration.webhooks ?? []) {
      if (hook.failurePolicy === 'Ignore' || !hook.rules || !matches(hook, asked)) continue
      const service = hook.clientConfig?.service
      const base = service
        ? `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${service.path ?? '/'}`
        : (hook.clientConfig?.url ?? '')
      const why = deafness(asked.storage, base, service)
      if (why)
        throw internalError(
          `failed calling webhook "${hook.name}": failed to call webhook: Post "${base}${base.includes('?') ? '&' : '?'}timeout=${hook.timeoutSeconds ?? 10}s": ${why}`,
        )
    }
  }
}

/** Passes a write by the stored admission policies and webhooks; throws the refusal that a client would get. */
export function admitByPolicy(storage: Storage, operation: Operation, kind: Kind, object: Obj | null, old: Obj | null, write: Write): void {
  if (kind.group === ADMISSION) return
  const asked: Asked = { storage, operation, kind, object, old, write }
  admitByWebhooks(asked, storage.list(`mutatingwebhookconfigurations.${ADMISSION}`))
  admitByValidatingPolicies(asked)
  admitByWebhooks(asked, storage.list(`validatingwebhookconfigurations.${ADMISSION}`))
}
