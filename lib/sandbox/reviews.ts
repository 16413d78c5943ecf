import { type Ask, isAllowed, rulesOf, type User } from './access.ts'
import type { Kind } from './kinds.ts'
import { ApiRefusal, type Obj } from './port.ts'
import { badRequest } from './refusal.ts'
import type { Storage } from './storage.ts'
import { seconds } from './values.ts'

function askOf(spec: Obj['spec']): Ask {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {}
  const wrong = (field: string, value: string, why: string) => {
    const message = `Invalid value: ${value}: ${why}`
    return new ApiRefusal({
      code: 422,
      reason: 'Invalid',
      message: `.authorization.k8s.io "" is invalid: ${field}: ${message}`,
      details: { group: 'authorization.k8s.io', causes: [{ reason: 'FieldValueInvalid', message, field }] },
    })
  }
  if (resourceAttributes && nonResourceAttributes) {
    throw wrong(
      'spec.nonResourceAttributes',
      JSON.stringify({ Path: nonResourceAttributes.path, Verb: nonResourceAttributes.verb }),
      'cannot be specified in combination with resourceAttributes',
    )
  }
  if (nonResourceAttributes) return { verb: nonResourceAttributes.verb, path: nonResourceAttributes.path }
  if (!resourceAttributes)
    throw wrong('spec.resourceAttributes', 'null', 'exactly one of nonResourceAttributes or resourceAttributes must be specified')
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = resourceAttributes
  return { verb, group, resource, subresource, namespace, name }
}

/** Answers one of the reviews that are asked by creating an object which is never stored; null when `kind` is none. */
export function answerReview(
  storage: Storage,
  kind: Kind,
  body: Obj,
  user: User,
  known: (token: string) => User | null,
): Record<string, unknown> | null {
  const base = { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { ...body.metadata } }
  if (kind.plural === 'selfsubjectreviews') {
    const { name, uid, groups, extra } = user
    const userInfo = { username: name, ...(uid ? { uid } : {}), groups, ...(Object.keys(extra).length > 0 ? { extra } : {}) }
    return { ...base, metadata: { ...base.metadata, creationTimestamp: seconds(storage.clock.now()) }, status: { userInfo } }
  }
  if (kind.plural === 'tokenreviews') {
    const owner = known(body.spec?.token ?? '')
    const status = owner
      ? { authenticated: true, user: { username: owner.name, groups: owner.groups } }
      : { user: {}, error: '[invalid bearer token, token lookup failed]' }
    return { ...base, spec: body.spec, status }
  }
  if (kind.plural === 'selfsubjectrulesreviews') {
    const namespace = body.spec?.namespace ?? ''
    if (namespace === '') throw badRequest('no namespace on request')
    const everything = user.groups.includes('system:masters')
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : []
    const rules = [...everything, ...rulesOf(storage, user, namespace).rules]
    const own = {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    }
    return {
      ...base,
      spec: {},
      status: {
        resourceRules: [own, ...rules.filter((rule) => rule.resources)].map(({ verbs, apiGroups, resources, ...rest }) => ({
          verbs,
          apiGroups,
          resources,
          ...('resourceNames' in rest ? { resourceNames: rest.resourceNames } : {}),
        })),
        nonResourceRules: rules.filter((rule) => 'nonResourceURLs' in rule && rule.nonResourceURLs),
        incomplete: false,
      },
    }
  }
  if (!kind.plural.endsWith('subjectaccessreviews')) return null
  const ask = askOf(body.spec)
  const who: User =
    kind.plural === 'selfsubjectaccessreviews'
      ? user
      : { name: body.spec.user ?? '', uid: body.spec.uid ?? '', groups: body.spec.groups ?? [], extra: {} }
  return { ...base, spec: body.spec, status: { allowed: isAllowed(storage, who, ask) } }
}
