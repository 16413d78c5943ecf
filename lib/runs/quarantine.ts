import { ARGO } from '../argocd/rules.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import type { ImpactBoard } from '../impact/port.ts'
import type { SignalView } from '../impact/view.ts'
import type { Watched } from '../inventory/port.ts'
import type { Started } from './entry-schema.ts'

type Quarantine = Started['quarantine']

function rowsNamespace(record: SlimRecord, namespace: string): boolean {
  return (
    record.facts.is === 'application' &&
    record.facts.resources.some((row) => row.kind === 'Namespace' && row.group === '' && row.name === namespace)
  )
}

/**
 * What must not be restored with the rest, because it would do it again: Applications that hold the namespace of
 * Argo CD itself (by their resources, or by the tracking on the namespace), those a proven cause names, and
 * the ApplicationSets that made them (their other Applications are as good as any); and Applications whose deletion had begun
 * before T0 and the disruption: T0 comes after that where nobody was recording.
 */
export async function quarantineOf(
  watched: Watched,
  { t0, disruptedAt, namespace }: { readonly t0: Date; readonly disruptedAt: string | null; readonly namespace: string },
  signal: SignalView | null,
): Promise<Quarantine> {
  const older = Math.min(t0.getTime(), Date.parse(disruptedAt ?? t0.toISOString()))
  const recorded = await watched.history.at(t0)
  const now = watched.inventory
  const applications = new Set<string>()
  const sets = new Set<string>()
  const reasons: string[] = []
  const everSeen = [...recorded, ...now.list('Application', ARGO)].filter((record) => record.kind === 'Application')
  const add = (record: SlimRecord, why: string) => {
    if (!applications.has(record.name)) reasons.push(`${record.name}: ${why}`)
    applications.add(record.name)
    for (const owner of record.owners) if (owner.kind === 'ApplicationSet') sets.add(owner.name)
  }
  const trackers = new Set(
    [
      now.find('Namespace', '', namespace, '')?.tracking?.app,
      recorded.find((record) => record.kind === 'Namespace' && record.name === namespace)?.tracking?.app,
    ].filter((app) => app !== undefined),
  )
  for (const cause of signal?.causes ?? []) if (cause.object?.kind === 'ApplicationSet') sets.add(cause.object.name)
  for (const record of everSeen) {
    if (rowsNamespace(record, namespace)) add(record, `it renders Namespace ${namespace}`)
    else if (trackers.has(record.name)) add(record, `Namespace ${namespace} carries its tracking`)
    else if (
      signal?.causes.some((cause) => cause.object?.kind === 'Application' && cause.object.name === record.name && cause.proof !== null)
    )
      add(record, 'it is the first cause')
    else if (record.deletingAt && Date.parse(record.deletingAt) < older) add(record, 'its deletion had begun before')
  }
  return { applications: [...applications].sort(), applicationSets: [...sets].sort(), because: reasons.join('; ') }
}

/**
 * In which order Applications get their automation back: the lowest tier number of the services they make. The first to
 * be synced is a small one of the last tier that was well at T0, so that a mistake costs little.
 */
export async function tiersOf(
  watched: Watched,
  board: ImpactBoard | undefined,
  t0: Date,
  namespace: string,
  quarantine: Quarantine,
): Promise<Started['tiers']> {
  const recorded = (await watched.history.at(t0)).filter(
    (record) => record.kind === 'Application' && record.namespace === namespace && !quarantine.applications.includes(record.name),
  )
  const tier = new Map<string, number>()
  for (const row of board?.rows() ?? []) {
    const name = row.application?.split(/[/_]/).at(-1)
    if (name) tier.set(name, Math.min(tier.get(name) ?? 3, row.tier))
  }
  const of = (n: number) =>
    recorded
      .filter((record) => (tier.get(record.name) ?? 3) === n)
      .map((record) => record.name)
      .sort()
  const size = (record: SlimRecord) => (record.facts.is === 'application' ? record.facts.resources.length : 0)
  const well = recorded.filter(
    (record) =>
      record.facts.is === 'application' && record.facts.sync === 'Synced' && record.facts.health === 'Healthy' && size(record) > 0,
  )
  const pool = well.length > 0 ? well : recorded
  const canary = [...pool].sort(
    (a, b) => (tier.get(b.name) ?? 3) - (tier.get(a.name) ?? 3) || size(a) - size(b) || (a.name < b.name ? -1 : 1),
  )[0]
  return {
    canary: canary?.name ?? '',
    t0: of(0),
    t1: of(1),
    t2: of(2),
    generated: recorded
      .filter((record) =>
        record.owners.some((owner) => owner.kind === 'ApplicationSet' && !quarantine.applicationSets.includes(owner.name)),
      )
      .map((record) => record.name)
      .sort(),
  }
}

const NOT_WELL: ReadonlySet<string> = new Set(['Degraded', 'Missing', 'Progressing'])

/** Services that were not well at T0 already: as the board knows them, or because a workload of theirs was recorded so. */
export async function badServicesAt(watched: Watched, board: ImpactBoard | undefined, t0: Date): Promise<readonly string[]> {
  const bad = new Set(
    (await watched.history.at(t0))
      .filter((record) => record.facts.is === 'workload' && record.health !== null && NOT_WELL.has(record.health.status))
      .map((record) => record.uid),
  )
  const wasBad = (id: string) =>
    board?.badThen?.(id) === true ||
    board?.service(id)?.members.some((uid) => bad.has(uid)) === true ||
    board?.membersThen(id).some((record) => bad.has(record.uid)) === true
  return (board?.rows() ?? []).filter((row) => wasBad(row.id)).map((row) => row.id)
}
