import type { SlimRecord } from '../cluster/schema.ts'
import type { Evidence } from './schema.ts'
import { earliest, type Found, iso, MINUTE, proof, type Scene } from './signal-scene.ts'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A certificate that nobody renews by itself is told so long before its end. */
const NOTICE = 14 * DAY

/** Certificates that run out: those cert-manager was to renew and did not, and the API server's own. */
export function certificateExpiry(scene: Scene): readonly Found[] {
  const ending = scene.look
    .list('Certificate', 'cert-manager.io')
    .flatMap((record) => {
      const said = endingOf(record, scene.now)
      return said ? [{ record, ...said }] : []
    })
    .sort((a, b) => a.notAfter - b.notAfter)
  const found = [...Map.groupBy(ending, (one) => one.record.namespace)].map(
    ([namespace, all]): Found => ({
      kind: 'certificate-expiry',
      scope: namespace,
      severity: 'warning',
      title: titleOf(namespace, all, scene.now),
      since: earliest(
        all.map((one) => iso(one.since)),
        scene.now,
      ),
      evidence: all
        .slice(0, 20)
        .map((one) => proof(one.record, one.was, `valid until ${iso(one.notAfter)}`, iso(one.since), 'cert-manager status')),
      victims: [],
      atOnce: false,
    }),
  )
  const server = scene.serverCertificate ? Date.parse(scene.serverCertificate.notAfter) : Number.NaN
  if (server - scene.now < NOTICE) found.push(serverEnding(scene, server))
  return found
}

function serverEnding(scene: Scene, notAfter: number): Found {
  const since = iso(notAfter - NOTICE)
  const evidence: Evidence = {
    object: { apiVersion: 'v1', kind: 'Cluster', namespace: '', name: scene.serverCertificate?.server ?? '' },
    was: 'trusted',
    is: `its certificate is valid until ${iso(notAfter)}`,
    since,
    source: 'TLS handshake',
  }
  const title = `The certificate of the API server ${untilWords(notAfter, scene.now)}`
  return {
    kind: 'certificate-expiry',
    scope: 'api-server',
    severity: 'warning',
    title,
    since,
    evidence: [evidence],
    victims: [],
    atOnce: false,
  }
}

/** Renewal may take a while; half of what is left after its time is up is too long. */
function endingOf(record: SlimRecord, now: number): { readonly notAfter: number; readonly since: number; readonly was: string } | null {
  if (record.facts.is !== 'certificate' || record.facts.notAfter === null) return null
  const notAfter = Date.parse(record.facts.notAfter)
  if (record.facts.renewalAt === null) return now > notAfter - NOTICE ? { notAfter, since: notAfter - NOTICE, was: 'in force' } : null
  const renewal = Date.parse(record.facts.renewalAt)
  const late = renewal + Math.min(HOUR, (notAfter - renewal) / 2)
  return now > late ? { notAfter, since: renewal, was: `to be renewed at ${record.facts.renewalAt}` } : null
}

function titleOf(namespace: string, all: readonly { readonly record: SlimRecord; readonly notAfter: number }[], now: number): string {
  const [first] = all
  if (!first) return ''
  if (all.length === 1) return `Certificate ${namespace}/${first.record.name} ${untilWords(first.notAfter, now)}`
  const ended = all.filter((one) => one.notAfter <= now).length
  return `${all.length} certificates in ${namespace} run out, ${ended > 0 ? `${ended} expired` : `the first ${untilWords(first.notAfter, now)}`}`
}

function untilWords(notAfter: number, now: number): string {
  const left = notAfter - now
  if (left <= 0) return 'expired'
  if (left < 2 * HOUR) return `expires in ${Math.max(1, Math.floor(left / MINUTE))} min`
  if (left < 2 * DAY) return `expires in ${Math.floor(left / HOUR)} h`
  return `expires in ${Math.floor(left / DAY)} days`
}

/** For an hour after the control plane was set back: what is missing since then was not deleted by anybody. */
export function controlPlaneRestored(scene: Scene): readonly Found[] {
  const { restored } = scene.facts
  if (!restored || scene.now - Date.parse(restored.at) > HOUR) return []
  return [
    {
      kind: 'control-plane-restored',
      scope: '',
      severity: 'critical',
      title: 'The control plane was set back to an earlier state',
      since: restored.at,
      evidence: [
        {
          object: { apiVersion: 'v1', kind: 'Namespace', namespace: '', name: 'kube-system' },
          was: 'going forward',
          is: restored.note,
          since: restored.at,
          source: 'resourceVersion',
        },
      ],
      victims: [],
      atOnce: true,
    },
  ]
}
