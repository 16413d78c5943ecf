import { same } from '../controllers/pods.ts'
import type { Obj } from '../port.ts'
import type { Comparison, Row } from './compare.ts'

export type AppCondition = { readonly type: string; readonly message: string }

/** The conditions that a comparison writes itself; others (orphaned resources) are left as they are. */
const OURS = new Set(['ComparisonError', 'InvalidSpecError', 'SyncError', 'SharedResourceWarning', 'UnknownError'])

/** Writes a comparison into an Application's status as the application controller does. */
export function writeComparison(
  draft: Obj,
  result: Comparison | null,
  conditions: readonly AppCondition[],
  stamp: string,
  fresh: boolean,
): void {
  const old = draft.status ?? {}
  const app = draft.spec
  const health = result ? result.health : (old.health?.status ?? 'Healthy')
  const outOfSync = result?.rows.some((row) => !(row.hook && !row.desired) && row.status === 'OutOfSync')
  const comparedTo = { destination: app.destination, source: app.source }
  const resources = result ? result.rows.map(resourceRow) : old.resources
  const kept = (old.conditions ?? []).filter((each: AppCondition) => !OURS.has(each.type))
  const stamped = conditions.map((each) => {
    const before = (old.conditions ?? []).find((one: AppCondition) => one.type === each.type && one.message === each.message)
    return { lastTransitionTime: before?.lastTransitionTime ?? stamp, message: each.message, type: each.type }
  })
  const all = [...kept, ...stamped].sort((a, b) => (a.type + a.message < b.type + b.message ? -1 : 1))
  const { conditions: _conditions, resources: _resources, ...rest } = old
  // What the spec forbids is never compared, so that no time of a comparison is set (seen at Argo CD 3.5.1).
  if (conditions.some((each) => each.type === 'InvalidSpecError')) {
    draft.status = {
      ...rest,
      conditions: all,
      ...(resources?.length ? { resources } : {}),
      health: { lastTransitionTime: old.health?.status === 'Unknown' ? old.health.lastTransitionTime : stamp, status: 'Unknown' },
      sync: { status: 'Unknown' },
    }
    return
  }
  draft.status = {
    ...rest,
    ...(all.length ? { conditions: all } : {}),
    controllerNamespace: draft.metadata.namespace,
    health: {
      ...(old.health?.status === health ? { lastTransitionTime: old.health.lastTransitionTime ?? stamp } : { lastTransitionTime: stamp }),
      status: health,
    },
    reconciledAt: fresh || !old.reconciledAt ? stamp : old.reconciledAt,
    resourceHealthSource: 'appTree',
    ...(resources?.length ? { resources } : {}),
    ...(result ? { sourceHydrator: {}, sourceType: result.sourceType, summary: summaryOf(result, old.summary) } : {}),
    sync: {
      comparedTo,
      revision: result ? result.revision : (app.source?.targetRevision ?? old.sync?.revision ?? ''),
      status: result ? (outOfSync ? 'OutOfSync' : 'Synced') : 'Unknown',
    },
  }
}

export function resourceRow(row: Row): Record<string, unknown> {
  return {
    ...(row.group ? { group: row.group } : {}),
    ...(row.hook ? { hook: true } : {}),
    kind: row.kind,
    name: row.name,
    ...(row.namespace ? { namespace: row.namespace } : {}),
    ...(row.desired ? {} : { requiresPruning: true }),
    ...(row.hook ? {} : { status: row.status }),
    ...(row.wave ? { syncWave: row.wave } : {}),
    version: row.version,
  }
}

function summaryOf(result: Comparison, old: { externalURLs?: string[] } | undefined): Record<string, unknown> {
  const live = result.rows.flatMap((row) => row.live ?? [])
  // The images of pods: what runs none has none.
  const images = [
    ...new Set(
      live
        .filter((each) => each.kind !== 'CronJob' && !(each.kind === 'Deployment' && !each.status?.replicas))
        .flatMap((each) => imagesOf(each)),
    ),
  ].sort()
  const urls = live
    .filter((each) => each.kind === 'Ingress' && each.status?.loadBalancer?.ingress?.length)
    .flatMap((each) => (each.spec.rules ?? []).map((rule: { host?: string }) => `${each.spec.tls ? 'https' : 'http'}://${rule.host}/`))
  const externalURLs = urls.length && !same(urls, old?.externalURLs) ? (old?.externalURLs ?? urls) : old?.externalURLs
  return {
    ...(externalURLs?.length ? { externalURLs } : {}),
    ...(images.length ? { images } : {}),
    ...(result.rows.some((row) => row.kind === 'Application') ? { isAppOfApps: true } : {}),
  }
}

export function imagesOf(object: Obj): string[] {
  const spec = object.spec?.jobTemplate?.spec?.template?.spec ?? object.spec?.template?.spec
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map((each: { image: string }) => each.image)
}

export function sameStatus(a: Obj, b: Obj, fresh: boolean): boolean {
  const bare = (each: Obj) => ({ ...each.status, reconciledAt: fresh ? each.status?.reconciledAt : '' })
  return same(bare(a), bare(b))
}
