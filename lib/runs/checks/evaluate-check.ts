import { isAutomated, obstaclesToReinstall, tellObstacles } from '../../argocd/reinstall-rules.ts'
import { listApplications } from '../../argocd/write-client.ts'
import { assessHealth } from '../../cluster/health/assess.ts'
import { Unreachable } from '../../cluster/port.ts'
import type { ObjectRef } from '../../cluster/schema.ts'
import { hasUid } from '../../inventory/rules.ts'
import { at, dict, list, text } from '../../kernel/wire.ts'
import { evaluate, evaluateEach, fill } from '../../runbooks/evaluate-expression.ts'
import type { Check } from '../../runbooks/schema.ts'
import { type Ground, getNow, keyOf, type LiveObject, listNow, NotReadable, nowOf, otherCluster, resourceFor } from '../ground.ts'
import { resolveSet, whyEmpty } from '../resolve-set.ts'
import { isRestorable } from '../restore-rules.ts'
import type { Verdict } from '../schema.ts'
import { isOutside, probeOutside } from './probe-outside.ts'
import { refusedDeletion } from './refused-deletion.ts'

export type Seen = { readonly verdict: Verdict; readonly value: string; readonly object: ObjectRef | null; readonly observedAt: string }
type Said = { readonly verdict: Verdict; readonly value: string; readonly object?: ObjectRef | null }
type One = { readonly holds: boolean; readonly says: string }
/** What a verdict may rest on: when the act was answered, and when the checking began, both as cluster time. */
export type Since = { readonly actedAt: string | null; readonly startedAt: string | null }

const pass = (value: string): Said => ({ verdict: 'pass', value })
const fail = (value: string, object: ObjectRef | null = null): Said => ({ verdict: 'fail', value, object })
const open = (value: string): Said => ({ verdict: 'inconclusive', value })

function names(items: readonly LiveObject[]): string {
  const few = items.slice(0, 3).map((one) => one.ref.name)
  return items.length > 3 ? `${few.join(', ')} and ${items.length - 3} more` : few.join(', ')
}

/** `every` over judged objects: empty is inconclusive unless allowed, and the first that does not hold is named. */
function everyOf(set: string, items: readonly LiveObject[], judged: readonly One[], allowEmpty: boolean | undefined, word: string): Said {
  if (items.length === 0) return allowEmpty ? pass(`${set} is empty`) : open(`${set} is empty: there is nothing to judge`)
  const bad = items.filter((_, i) => judged[i]?.holds !== true)
  const first = bad[0]
  if (!first) return pass(`${items.length} of ${items.length} ${word}`)
  const says = judged[items.indexOf(first)]?.says ?? ''
  return fail(`${items.length - bad.length} of ${items.length} ${word}; not ${names(bad)}${says ? ` (${says})` : ''}`, first.ref)
}

async function celEach(ground: Ground, expression: string, items: readonly LiveObject[]): Promise<readonly One[] | Said> {
  const answers = await evaluateEach(
    expression,
    ground.bindings,
    items.map((one) => one.object),
  )
  const broken = answers.find((answer) => !answer.ok && !/not found|no such/.test(answer.why))
  if (broken && !broken.ok) return open(broken.why)
  return answers.map((answer) => (answer.ok ? { holds: answer.value === true, says: '' } : { holds: false, says: answer.why }))
}

function isSaid(value: readonly One[] | Said): value is Said {
  return 'verdict' in value
}

async function quantified(
  ground: Ground,
  check: Extract<Check, { every: string } | { any: string } | { none: string } | { count: string }>,
): Promise<Said> {
  if ('every' in check) {
    const { items } = await resolveSet(ground, check.every)
    const judged = await celEach(ground, check.is, items)
    return isSaid(judged) ? judged : everyOf(check.every, items, judged, check.allowEmpty, 'hold')
  }
  const set = 'any' in check ? check.any : 'none' in check ? check.none : check.count
  const { items } = await resolveSet(ground, set)
  const judged = check.is === undefined ? items.map(() => ({ holds: true, says: '' })) : await celEach(ground, check.is, items)
  if (isSaid(judged)) return judged
  const held = items.filter((_, i) => judged[i]?.holds)
  if ('any' in check) return held.length > 0 ? pass(`${held.length} of ${items.length} hold`) : fail(`none of ${items.length} holds`)
  if ('none' in check)
    return held.length === 0 ? pass(`none of ${items.length}`) : fail(`${held.length}: ${names(held)}`, held[0]?.ref ?? null)
  return counted(ground, check, held.length)
}

async function counted(ground: Ground, check: Extract<Check, { count: string }>, n: number): Promise<Said> {
  let wanted: unknown = check.equals
  if (typeof wanted === 'string') {
    const answer = await evaluate(wanted, ground.bindings)
    if (!answer.ok) return open(answer.why)
    wanted = answer.value
  }
  const right =
    (wanted === undefined || n === wanted) && (check.min === undefined || n >= check.min) && (check.max === undefined || n <= check.max)
  return right ? pass(`${n}`) : fail(`${n}, not ${wanted ?? `${check.min ?? 0} to ${check.max ?? 'any number'}`}`)
}

function healthOf(one: LiveObject): One {
  const health = assessHealth(one.object)
  return {
    holds: health === null || health.status === 'Healthy',
    says: health ? `${health.status}${health.message ? `: ${health.message}` : ''}` : '',
  }
}

/** One Application judged by its own status (Argo CD writes it at each comparison). */
function argocdOf(ground: Ground, application: LiveObject, state: Extract<Check, { argocd: string }>['are'], since: Since): One {
  const status = dict(application.object.status)
  const reconciledAt = text(status.reconciledAt)
  const phase = text(at(status, 'operationState', 'phase'))
  switch (state) {
    case 'synced':
      return { holds: at(status, 'sync', 'status') === 'Synced', says: text(at(status, 'sync', 'status')) || 'not compared yet' }
    case 'healthy':
      return { holds: at(status, 'health', 'status') === 'Healthy', says: text(at(status, 'health', 'status')) || 'no health yet' }
    case 'frozen':
      return { holds: !isAutomated(application.object), says: 'automation is on' }
    case 'automated': {
      const before = ground.ledger.find(
        (row) =>
          row.field.startsWith('/spec/syncPolicy') &&
          row.object.namespace === application.ref.namespace &&
          row.object.name === application.ref.name,
      )
      return { holds: before === undefined || before.state === 'reversed', says: before ? 'still in the ledger' : '' }
    }
    case 'no-prune-pending': {
      // A hook shows as to be pruned once its job is done, and no sync prunes it.
      const doomed = list(status.resources)
        .map(dict)
        .filter((row) => row.requiresPruning === true && row.hook !== true)
      return {
        holds: doomed.length === 0,
        says: doomed
          .slice(0, 3)
          .map((row) => `${text(row.kind)}/${text(row.name)}`)
          .join(', '),
      }
    }
    case 'reconciled': {
      // Argo CD looks at an Application with an invalid spec and goes no further: it is never compared, and nothing is done to it.
      const refused = list(status.conditions).some((one) => text(dict(one).type) === 'InvalidSpecError')
      if (reconciledAt === '' && refused) return { holds: true, says: '' }
      const from = since.actedAt ?? since.startedAt ?? ''
      return {
        holds: reconciledAt !== '' && Date.parse(reconciledAt) >= Math.floor(Date.parse(from || reconciledAt) / 1000) * 1000,
        says: reconciledAt ? `last compared ${reconciledAt}` : 'never compared',
      }
    }
    case 'compared': {
      const error = list(status.conditions)
        .map(dict)
        .find((one) => text(one.type) === 'ComparisonError')
      return {
        holds: reconciledAt !== '' && !error && at(status, 'sync', 'status') !== 'Unknown',
        says: error ? text(error.message).slice(0, 200) : reconciledAt ? text(at(status, 'sync', 'status')) : 'never compared',
      }
    }
    case 'operation-finished':
      return {
        holds: application.object.operation === undefined && phase !== 'Running' && phase !== 'Terminating',
        says: phase || 'waiting to begin',
      }
  }
}

async function sameUid(ground: Ground, check: Extract<Check, { sameUid: string }>): Promise<Said> {
  const { items, from } = await resolveSet(ground, check.sameUid)
  if (from !== 'T0') return open(`${check.sameUid} is not a set of T0`)
  if (items.some((one) => !hasUid({ uid: one.ref.uid ?? '' })))
    return open('T0 is an imported baseline that holds no uids: compare what is in the volumes by hand')
  const judged: One[] = []
  for (const kind of new Set(items.map((one) => one.ref.kind))) {
    const sample = items.find((one) => one.ref.kind === kind)
    const group = sample?.ref.apiVersion.includes('/') ? sample.ref.apiVersion.split('/')[0] : ''
    const live = new Map((await listNow(ground.api, resourceFor(ground, kind, group))).map((one) => [one.key, one]))
    for (const one of items) {
      if (one.ref.kind !== kind) continue
      const now = live.get(one.key)
      judged[items.indexOf(one)] = {
        holds: now?.ref.uid === one.ref.uid,
        says: now ? `another object of that name, uid ${now.ref.uid}` : 'gone',
      }
    }
  }
  return everyOf(check.sameUid, items, judged, check.allowEmpty, 'are the same objects as at T0')
}

/** Whether each object of a (recorded or named) set is there now, and not on its way out. What nobody restores is not waited for. */
async function present(ground: Ground, set: string): Promise<Said> {
  const { items: all, from, definition } = await resolveSet(ground, set)
  const items = from === 'T0' ? all.filter((one) => isRestorable(one.object)) : all
  if (from === 'T0' && all.length === 0) {
    const why = whyEmpty(ground, definition)
    return why === '' ? pass(`none at T0`) : open(`nothing of ${set} is recorded. ${why}`)
  }
  const judged: One[] = []
  const lists = new Map<string, ReadonlyMap<string, LiveObject>>()
  for (const one of items) {
    const group = one.ref.apiVersion.includes('/') ? (one.ref.apiVersion.split('/')[0] ?? '') : ''
    const id = `${group}/${one.ref.kind}`
    if (!lists.has(id))
      lists.set(id, new Map((await listNow(ground.api, resourceFor(ground, one.ref.kind, group))).map((live) => [keyOf(live.ref), live])))
    const now = lists.get(id)?.get(one.key)
    judged.push({
      holds: now !== undefined && text(at(now.object, 'metadata', 'deletionTimestamp')) === '',
      says: now ? 'being deleted' : 'not there',
    })
  }
  return everyOf(set, items, judged, false, 'are there')
}

/** Impacts that mean a service is not as it was. */
const NOT_AS_BEFORE: ReadonlySet<string> = new Set(['deletion-pending', 'data-at-risk', 'lost', 'degraded', 'unmanaged', 'recovering'])

function services(ground: Ground, check: Extract<Check, { services: unknown }>): Said {
  const { board, watched } = ground
  if (!board) return open('the services of this cluster are not judged')
  const { freshness, trouble } = watched.inventory.facts()
  if (freshness !== 'live')
    return {
      verdict: freshness === 'unreachable' ? 'unreachable' : 'stale',
      value: trouble || `what we know of the cluster is ${freshness}`,
    }
  const rows = board
    .rows()
    .filter((row) => check.services === 'all' || check.services.includes(row.id) || check.services.includes(row.name))
  if (rows.length === 0) return open('no such service')
  const wasBad = (id: string) => check.are === 'as-at-T0' && ground.run.started.badAtT0.includes(id)
  const isBad = (row: (typeof rows)[number]) => {
    if (check.are !== 'as-at-T0' && check.are !== 'healthy') return row.impact !== check.are
    return row.impacts.some(
      (impact) =>
        (NOT_AS_BEFORE.has(impact) || impact === 'unknown') && !(wasBad(row.id) && (impact === 'degraded' || impact === 'recovering')),
    )
  }
  const bad = rows.filter(isBad)
  const [first] = bad
  if (!first)
    return pass(
      `${rows.length} of ${rows.length} services${ground.run.started.badAtT0.length > 0 && check.are === 'as-at-T0' ? `, ${ground.run.started.badAtT0.length} of them no better than at T0` : ''}`,
    )
  return fail(
    `${rows.length - bad.length} of ${rows.length} services; not ${bad
      .slice(0, 3)
      .map((row) => `${row.name} (${row.impact})`)
      .join(', ')}${bad.length > 3 ? ` and ${bad.length - 3} more` : ''}`,
    first.evidence[0]?.object ?? null,
  )
}

async function permission(ground: Ground, check: Extract<Check, { permission: unknown }>): Promise<Said> {
  const { verb, resource, namespace } = check.permission
  const [plural = '', ...group] = resource.split('.')
  const [name = '', subresource] = plural.split('/')
  const answer = await ground.api.request({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          verb,
          resource: name,
          group: group.join('.'),
          ...(subresource ? { subresource } : {}),
          ...(namespace ? { namespace } : {}),
        },
      },
    },
  })
  if (answer.status >= 300) return open(`the API server did not say (${answer.status})`)
  return at(answer.body, 'status', 'allowed') === true
    ? pass(`may ${verb} ${resource}`)
    : fail(`may not ${verb} ${resource}${namespace ? ` in ${namespace}` : ''}`)
}

async function conditionOf(ground: Ground, check: Extract<Check, { condition: string }>): Promise<Said> {
  const { items } = await resolveSet(ground, check.of)
  const judged = items.map((one): One => {
    const found = list(at(one.object, 'status', 'conditions'))
      .map(dict)
      .find((condition) => text(condition.type) === check.condition)
    return {
      holds: text(found?.status) === check.status,
      says: found ? `${text(found.status)} ${text(found.reason)}` : 'no such condition',
    }
  })
  return everyOf(check.of, items, judged, check.allowEmpty, `have ${check.condition}=${check.status}`)
}

async function judge(ground: Ground, check: Check, since: Since): Promise<Said> {
  if (isOutside(check)) return probeOutside(ground, check)
  if ('refused' in check) return refusedDeletion(ground, check)
  if ('every' in check || 'any' in check || 'none' in check || 'count' in check) return quantified(ground, check)
  if ('healthy' in check) {
    const { items } = await resolveSet(ground, check.healthy)
    return everyOf(check.healthy, items, items.map(healthOf), check.allowEmpty, 'are healthy')
  }
  if ('condition' in check) return conditionOf(ground, check)
  if ('argocd' in check) {
    const { items } = await resolveSet(ground, check.argocd)
    return everyOf(
      check.argocd,
      items,
      items.map((one) => argocdOf(ground, one, check.are, since)),
      check.allowEmpty,
      `are ${check.are.replaceAll('-', ' ')}`,
    )
  }
  if ('services' in check) return services(ground, check)
  if ('permission' in check) return permission(ground, check)
  if ('sameUid' in check) return sameUid(ground, check)
  if ('present' in check) return present(ground, check.present)
  if ('gone' in check) {
    const { items } = await resolveSet(ground, check.gone)
    return items.length === 0 ? pass('gone') : fail(`still there: ${names(items)}`, items[0]?.ref ?? null)
  }
  if ('namespaceGone' in check) {
    const name = String(await fill(check.namespaceGone, ground.bindings))
    const found = await getNow(ground.api, resourceFor(ground, 'Namespace'), '', name)
    return found ? fail(remains(found), found.ref) : pass(`Namespace ${name} is gone`)
  }
  if ('reinstall' in check) {
    const passed = (namespace: string, name: string) =>
      ground.ledger.some((row) => row.object.kind === 'Application' && row.object.namespace === namespace && row.object.name === name)
    const found = obstaclesToReinstall(await listApplications(ground.api), passed)
    return found.length === 0 ? pass('no Application awaits deletion') : fail(tellObstacles(found))
  }
  const inForce = ground.ledger.filter(
    (row) => row.run === ground.run.id && row.state !== 'reversed' && !(check.except ?? []).includes(row.step),
  )
  return inForce.length === 0
    ? pass('the ledger is empty')
    : fail(
        `${inForce.length} temporary changes are still in force, first ${inForce[0]?.field} of ${inForce[0]?.object.name}`,
        inForce[0]?.object ?? null,
      )
}

/** What keeps a namespace from ending, in the namespace controller's own words. */
function remains(namespace: LiveObject): string {
  const said = list(at(namespace.object, 'status', 'conditions'))
    .map(dict)
    .filter((one) => text(one.status) === 'True')
    .map((one) => text(one.message))
  return said.length > 0
    ? said.join(' ').slice(0, 400)
    : `Namespace ${namespace.ref.name} is ${text(at(namespace.object, 'status', 'phase')) || 'there'}`
}

/** Asks the cluster now and says what it saw. Whatever cannot be read, or is not there to be judged, is never a pass. */
export async function evaluateCheck(ground: Ground, check: Check, since: Since): Promise<Seen> {
  const observedAt = nowOf(ground)
  const other = otherCluster(ground)
  if (other) return { verdict: 'unreachable', value: other, object: null, observedAt }
  try {
    const said = await judge(ground, check, since)
    return { verdict: said.verdict, value: said.value, object: said.object ?? null, observedAt }
  } catch (error) {
    if (error instanceof Unreachable)
      return { verdict: error.blind ? 'inconclusive' : 'unreachable', value: error.message, object: null, observedAt }
    if (error instanceof NotReadable) return { verdict: 'inconclusive', value: error.message, object: null, observedAt }
    throw error
  }
}

/** A check in a sentence. */
export function tellCheck(check: Check): string {
  if (check.title) return check.title
  if ('every' in check) return `every ${check.every}: ${check.is}`
  if ('any' in check) return `any ${check.any}: ${check.is}`
  if ('none' in check) return check.is ? `no ${check.none}: ${check.is}` : `no ${check.none}`
  if ('count' in check) return `number of ${check.count}`
  if ('healthy' in check) return `${check.healthy} are healthy`
  if ('condition' in check) return `${check.of} have ${check.condition}`
  if ('argocd' in check) return `${check.argocd} are ${check.are.replaceAll('-', ' ')}`
  if ('services' in check) return `services ${check.services === 'all' ? '' : check.services.join(', ')} are ${check.are}`
  if ('permission' in check) return `may ${check.permission.verb} ${check.permission.resource}`
  if ('sameUid' in check) return `${check.sameUid} are the same objects as at T0`
  if ('present' in check) return `${check.present} are there`
  if ('gone' in check) return `${check.gone} are gone`
  if ('namespaceGone' in check) return `namespace ${check.namespaceGone} is gone`
  if ('reinstall' in check) return 'no Application awaits deletion'
  if ('refused' in check) return `${check.refused.by} refuses the deletion of ${check.refused.delete.name}`
  if ('http' in check) return `${check.http.url} answers ${check.http.status ?? '2xx'}`
  if ('tcp' in check) return `${check.tcp} takes connections`
  if ('tls' in check) return `the certificate of ${check.tls} is good`
  if ('promql' in check) return check.promql
  return 'the ledger is empty'
}
