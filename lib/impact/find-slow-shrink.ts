import { ARGO, isApplication } from '../argocd/rules.ts'
import { refOf } from './evidence-rules.ts'
import type { Evidence } from './schema.ts'
import { type Found, proof, type Scene } from './signal-scene.ts'

/** Fewer than so many are a clean-up of two, however few there are. */
const FEWEST = 3
const SHARE = 0.05

/** A net loss of 5 % of the Applications within a day: each was perhaps small enough to pass. What comes and goes by itself, and what was planned, does not count. */
export function slowShrink(scene: Scene): readonly Found[] {
  const { census } = scene
  if (!census || scene.argocdWasGone) return []
  const lost = census.before - census.now - census.planned
  if (lost < Math.max(FEWEST, Math.ceil(census.before * SHARE))) return []
  const went = scene.departures.filter((one) => isApplication(one.record) && !one.expected && !scene.look.get(one.record.uid))
  const counted: Evidence = {
    object: { apiVersion: `${ARGO}/v1alpha1`, kind: 'Application', namespace: '', name: 'all Applications' },
    was: `${census.before}`,
    is: census.planned > 0 ? `${census.now}, and ${census.planned} removed as planned` : `${census.now}`,
    since: census.at,
    source: 'counted every minute',
  }
  return [
    {
      kind: 'slow-shrink',
      scope: '',
      severity: 'warning',
      title: `${lost} of ${census.before} Applications went within a day`,
      since: went[0]?.at ?? census.at,
      evidence: [counted, ...went.slice(0, 20).map((one) => proof(one.record, 'present', 'gone', one.at, 'watch'))],
      victims: went.map((one) => ({ object: refOf(one.record), at: one.at })),
      atOnce: false,
    },
  ]
}
