import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { connect } from '../lib/cluster/client.ts'
import type { ClusterApi } from '../lib/cluster/port.ts'
import { ClusterEntry } from '../lib/cluster/schema.ts'
import { ScenarioDocument, scenarioOf } from '../lib/drills/schema.ts'
import { keptManifest } from '../lib/inventory/manifest.ts'
import { sanitize } from '../lib/inventory/sanitize-rules.ts'
import { newId } from '../lib/kernel/id.ts'
import { sleep } from '../lib/kernel/pace.ts'
import { at, type Dict, dict, list, num, text } from '../lib/kernel/wire.ts'
import { startSandbox, stopSandbox } from '../lib/sandbox/process-client.ts'
import { playRun } from '../lib/testing/play-run.ts'
import type { Session } from './session.ts'
import type { Row } from './table.ts'

const SPEED = 20
const ARGO = 'argocd'
const APPLICATIONS = `/apis/argoproj.io/v1alpha1/namespaces/${ARGO}/applications`
const SETS = `/apis/argoproj.io/v1alpha1/namespaces/${ARGO}/applicationsets`
const PROJECTS = `/apis/argoproj.io/v1alpha1/namespaces/${ARGO}/appprojects`
const INSTALL = [
  `/api/v1/namespaces/${ARGO}/serviceaccounts`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${ARGO}/roles`,
  `/apis/rbac.authorization.k8s.io/v1/namespaces/${ARGO}/rolebindings`,
  `/api/v1/namespaces/${ARGO}/configmaps`,
  `/api/v1/namespaces/${ARGO}/services`,
  PROJECTS,
  `/apis/apps/v1/namespaces/${ARGO}/deployments`,
  `/apis/apps/v1/namespaces/${ARGO}/statefulsets`,
]

/** From all Applications awaiting deletion to all healthy again: the product with its proofs and questions, beside a script that asks nobody. */
export async function drilled(session: Session, folder: string): Promise<Row[]> {
  const ours = await byProduct(session)
  const reference = await byScript(folder)
  return [
    {
      what: `from deletion to all healthy, 60 Applications, at ${SPEED}× speed`,
      ours,
      reference,
      unit: 's',
      against: 'a script making the same calls without asking or proving',
      atMost: null,
    },
  ]
}

async function byProduct({ admin, players, kubeconfig }: Session): Promise<number> {
  const api = connect(ClusterEntry.parse({ name: 'bench', kubeconfig, mode: 'drill' }))
  const drill = await admin.send('/drills', { scenario: 'argocd-namespace-deleted', cluster: 'sandbox', speed: SPEED, key: newId() })
  if (drill.status >= 300) throw new Error(`no drill: ${JSON.stringify(drill.body)}`)
  await until(async () => (await items(api, APPLICATIONS)).every((one) => text(at(one, 'metadata', 'deletionTimestamp')) !== ''))
  await until(async () =>
    (await admin.get<{ signals: { kind: string }[] }>('/situation')).signals.some((one) => one.kind === 'argocd-gone'),
  )
  const startedAt = performance.now()
  const started = await admin.send('/runs', { runbook: 'argocd-namespace-deleted', kind: 'drill', clusters: ['sandbox'], key: newId() })
  const run = await playRun(players, (started.body as { id: string }).id, { maxMs: 400_000 })
  if (run.outcome !== 'completed') throw new Error(`the run ended ${run.outcome}`)
  return (performance.now() - startedAt) / 1_000
}

async function byScript(folder: string): Promise<number> {
  const dir = join(folder, 'script')
  const started = await startSandbox({ dir, name: 'script', fill: 'S', speed: SPEED, seed: 1 })
  if (!started.ok) throw new Error(started.error.message)
  const { control, kubeconfig } = started.value
  const api = connect(ClusterEntry.parse({ name: 'script', kubeconfig, mode: 'drill' }))
  try {
    const saved = new Map<string, readonly Dict[]>()
    for (const path of [...INSTALL, APPLICATIONS, SETS])
      saved.set(
        path,
        (await items(api, path)).map((one) => sanitize(keptManifest(one))),
      )
    const calm = wellOnes(await items(api, APPLICATIONS))
    const scenario = scenarioOf(ScenarioDocument.parse(parse(readFileSync('runbooks/scenarios/argocd-namespace-deleted.yaml', 'utf8'))))
    const injecting = inOrder(scenario.steps, control.inject)
    await until(async () => (await items(api, APPLICATIONS)).every((one) => text(at(one, 'metadata', 'deletionTimestamp')) !== ''))
    const startedAt = performance.now()
    await recover(api, saved)
    await until(async () => wellOnes(await items(api, APPLICATIONS)) >= calm - 1)
    const seconds = (performance.now() - startedAt) / 1_000
    await injecting
    return seconds
  } finally {
    await stopSandbox({ dir, name: 'script' })
  }
}

async function inOrder(
  steps: readonly { readonly afterMs: number; readonly inject: unknown }[],
  give: (body: never) => Promise<void>,
): Promise<void> {
  let past = 0
  for (const { afterMs, inject } of steps) {
    await sleep((afterMs - past) / SPEED)
    past = afterMs
    await give(inject as never)
  }
}

async function recover(api: ClusterApi, saved: ReadonlyMap<string, readonly Dict[]>): Promise<void> {
  for (const path of [APPLICATIONS, PROJECTS])
    for (const one of await items(api, path))
      await patch(api, `${path}/${text(at(one, 'metadata', 'name'))}`, { metadata: { finalizers: null } })
  await until(async () => (await api.request({ method: 'GET', path: `/api/v1/namespaces/${ARGO}` })).status === 404)
  await create(api, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ARGO } })
  const asleep = (one: Dict) =>
    /controller$/.test(text(at(one, 'metadata', 'name'))) ? { ...one, spec: { ...dict(one.spec), replicas: 0 } } : one
  for (const path of INSTALL) for (const one of saved.get(path) ?? []) await create(api, path, path.includes('/apps/') ? asleep(one) : one)
  const policies = new Map<string, unknown>()
  for (const one of saved.get(APPLICATIONS) ?? []) {
    const { automated, ...rest } = dict(at(one, 'spec', 'syncPolicy'))
    policies.set(text(at(one, 'metadata', 'name')), automated ?? null)
    await create(api, APPLICATIONS, { ...one, spec: { ...dict(one.spec), syncPolicy: rest } })
  }
  await scale(api, `statefulsets/${ARGO}-application-controller`)
  await until(async () => (await items(api, APPLICATIONS)).every((one) => text(at(one, 'status', 'reconciledAt')) !== ''))
  for (const [name, automated] of policies)
    if (automated) await patch(api, `${APPLICATIONS}/${name}`, { spec: { syncPolicy: { automated } } })
  for (const one of saved.get(SETS) ?? []) if (text(at(one, 'metadata', 'name')) !== 'projects') await create(api, SETS, one)
  await scale(api, `deployments/${ARGO}-applicationset-controller`)
}

function wellOnes(applications: readonly Dict[]): number {
  return applications.filter(
    (one) => at(one, 'status', 'health', 'status') === 'Healthy' && at(one, 'status', 'sync', 'status') === 'Synced',
  ).length
}

async function items(api: ClusterApi, path: string): Promise<Dict[]> {
  return list(dict((await api.request({ method: 'GET', path })).body).items).map(dict)
}

async function create(api: ClusterApi, path: string, body: Dict): Promise<void> {
  const { status, text: said } = await api.request({ method: 'POST', path, body })
  if (status >= 300 && status !== 409) throw new Error(`POST ${path}: ${num(status)} ${said}`)
}

async function patch(api: ClusterApi, path: string, body: Dict): Promise<void> {
  await api.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })
}

function scale(api: ClusterApi, what: string): Promise<void> {
  return patch(api, `/apis/apps/v1/namespaces/${ARGO}/${what}`, { spec: { replicas: 1 } })
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    if (await holds().catch(() => false)) return
    await sleep(100)
  }
  throw new Error('it did not come about within two and a half minutes')
}
