import { parseDuration, readDuration } from '../../kernel/duration.ts'
import { at, list, text } from '../../kernel/wire.ts'
import { fill } from '../../runbooks/evaluate-expression.ts'
import type { Check } from '../../runbooks/schema.ts'
import type { Verdict } from '../schema.ts'
import { Forbidden, probeHttp, probeTcp, probeTls } from './probe-client.ts'
import { isAllowed, type ProbeConfig, splitHostPort } from './probe-rules.ts'

export type Outside = Extract<Check, { http: unknown } | { tcp: string } | { tls: string } | { promql: string }>
type Said = { readonly verdict: Verdict; readonly value: string }
type World = { readonly probes: ProbeConfig; readonly bindings: Readonly<Record<string, unknown>> }

const say = (verdict: Verdict, value: string): Said => ({ verdict, value })

export function isOutside(check: Check): check is Outside {
  return 'http' in check || 'tcp' in check || 'tls' in check || 'promql' in check
}

function why(error: unknown): string {
  return error instanceof Error
    ? (error as { code?: string }).code && !error.message
      ? String((error as { code?: string }).code)
      : error.message
    : String(error)
}

/** Asks something outside the cluster: whether it answers is the question, so no answer is a fail; what is not allowed is not asked. */
export async function probeOutside(world: World, check: Outside): Promise<Said> {
  try {
    if ('promql' in check) return await promql(world, check)
    if ('http' in check) return await http(world, check)
    return await port(world, check)
  } catch (error) {
    return error instanceof Forbidden ? say('inconclusive', error.message) : say('fail', why(error))
  }
}

function notAllowed(host: string, { probes }: World): Said | null {
  if (isAllowed(host, probes.hosts)) return null
  return say('inconclusive', `${host || 'this'} is not among the hosts that checks may reach: add it to checks.hosts in blackstart.yaml`)
}

async function http(world: World, { http: wanted }: Extract<Check, { http: unknown }>): Promise<Said> {
  const filled = String(await fill(wanted.url, world.bindings))
  const url = URL.canParse(filled) ? new URL(filled) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    return say('inconclusive', `${filled} is not an http or https address without credentials`)
  const refusal = notAllowed(url.hostname, world)
  if (refusal) return refusal
  const { status, location, body } = await probeHttp(url)
  const told = `${status}${location ? `, leads to ${location.slice(0, 200)}` : ''}`
  const right = wanted.status === undefined ? status >= 200 && status < 300 : status === wanted.status
  if (!right) return say('fail', `${told}, not ${wanted.status ?? '2xx'}`)
  if (wanted.contains !== undefined && !body.includes(wanted.contains)) return say('fail', `${told}, without “${wanted.contains}”`)
  return say('pass', told)
}

async function port(world: World, check: Extract<Check, { tcp: string } | { tls: string }>): Promise<Said> {
  const filled = String(await fill('tcp' in check ? check.tcp : check.tls, world.bindings))
  const place = splitHostPort(filled)
  if (!place) return say('inconclusive', `${filled} is not host:port`)
  const refusal = notAllowed(place.host, world)
  if (refusal) return refusal
  if ('tcp' in check) {
    await probeTcp(place.host, place.port)
    return say('pass', `${filled} takes connections`)
  }
  const until = await probeTls(place.host, place.port)
  const left = until - Date.now()
  const wanted = check.validFor ? (parseDuration(check.validFor) ?? 0) : 0
  const told = `the certificate is valid until ${new Date(until).toISOString()}`
  return left >= wanted ? say('pass', told) : say('fail', `${told}, which is less than ${readDuration(wanted)}`)
}

/** One figure of an instant query: the least of several series for `min`, the greatest for `max`, so that every series is judged. */
async function promql(world: World, check: Extract<Check, { promql: string }>): Promise<Said> {
  const { prometheus } = world.probes
  if (!prometheus) return say('inconclusive', 'no Prometheus is configured: set checks.prometheus in blackstart.yaml')
  const query = String(await fill(check.promql, world.bindings))
  const url = new URL(`${prometheus.replace(/\/$/, '')}/api/v1/query`)
  url.searchParams.set('query', query)
  const answer = await probeHttp(url, 'application/json').catch((error: unknown) => why(error))
  if (typeof answer === 'string') return say('unreachable', `Prometheus does not answer: ${answer}`)
  let data: unknown
  try {
    data = JSON.parse(answer.body)
  } catch {
    return say('unreachable', `Prometheus answered ${answer.status}, and not with JSON`)
  }
  if (at(data, 'status') !== 'success') return say('inconclusive', text(at(data, 'error')) || `Prometheus answered ${answer.status}`)
  const figures = figuresIn(at(data, 'data'))
  if (figures.length === 0) return say('inconclusive', 'the query finds no series')
  if (figures.some(Number.isNaN)) return say('inconclusive', 'a series is not a number')
  const bad = figures.find(
    (one) =>
      (check.min !== undefined && one < check.min) ||
      (check.max !== undefined && one > check.max) ||
      (check.equals !== undefined && one !== check.equals),
  )
  const told =
    figures.length === 1 ? String(figures[0]) : `${figures.length} series from ${Math.min(...figures)} to ${Math.max(...figures)}`
  return bad === undefined ? say('pass', told) : say('fail', `${told}; ${bad} is not as wanted`)
}

function figuresIn(data: unknown): number[] {
  const result = at(data, 'result')
  if (at(data, 'resultType') === 'scalar') return [Number(list(result)[1])]
  return list(result).map((series) => Number(list(at(series, 'value'))[1]))
}
