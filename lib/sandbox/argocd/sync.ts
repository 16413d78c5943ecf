import { isFinished } from '../controllers/jobs.ts'
import { same } from '../controllers/pods.ts'
import type { Obj } from '../port.ts'
import { ApiRefusal } from '../port.ts'
import type { Bench } from './bench.ts'
import { APPS, repositoryTrouble } from './bench.ts'
import type { Comparison, Row } from './compare.ts'
import { compare, merged } from './compare.ts'
import { healthOf } from './health.ts'
import { images, type Result, refusal, result, selected, type Task, tasksOf } from './sync-plan.ts'

const BY = 'argocd-application-controller'
const POLICY = 'argocd.argoproj.io/hook-delete-policy'
const OPTIONS = 'argocd.argoproj.io/sync-options'

type Running = {
  readonly startedAt: string
  readonly comparison: Comparison
  readonly tasks: readonly Task[]
  readonly results: Result[]
  next: number
  failed: boolean
  applied: boolean
}

export type Syncs = { step(app: Obj): void; forget(): void; busy(name: string): boolean }

/** Carries out `operation` of Applications: namespace, hooks, waves, prune; writes operationState and history as Argo CD does. */
export function createSyncs(bench: Bench, done: (name: string) => void): Syncs {
  const { station, git, note } = bench
  const { api } = station
  const running = new Map<string, Running>()

  /** Takes an Application's operation one step further and asks to be called again until it is over. */
  function step(app: Obj): void {
    const name = app.metadata.name
    const operation = app.operation
    if (!operation) return void running.delete(name)
    const state = running.get(name) ?? begin(app)
    if (!state) return
    const group = state.tasks
      .slice(state.next)
      .filter((task, _, all) => all[0] && task.phase === all[0].phase && task.wave === all[0].wave && task.prune === all[0].prune)
    if (group.length === 0) return finish(app, state)
    if (!state.applied) {
      for (const task of group) state.results.push(run(app, task, operation))
      state.applied = true
      state.failed ||= state.results.some((each) => each.hookPhase === 'Failed')
      if (state.failed) return finish(app, state)
    }
    const last = state.next + group.length >= state.tasks.length
    const waiting = group.find((task) => !isOver(task, last))
    if (waiting) {
      progress(
        app,
        state,
        `waiting for ${waiting.row.hook ? 'completion of hook' : 'healthy state of'} ${waiting.row.group}/${waiting.row.kind}/${waiting.row.name}`,
      )
      return again(name, 1_000)
    }
    for (const task of group) settleHook(task, state)
    if (state.failed) return finish(app, state)
    state.next += group.length
    state.applied = false
    again(name, 120)
  }

  function again(name: string, ms: number): void {
    station.later(`argocd/sync/${name}`, ms, () => {
      const app = api.get(APPS, 'argocd', name)
      if (app && bench.processes.running('argocd-application-controller')) step(app)
    })
  }

  function begin(app: Obj): Running | null {
    const operation = app.operation
    // A retried operation keeps its start and its count.
    const before = app.status?.operationState?.phase === 'Running' ? app.status.operationState : undefined
    const startedAt: string = before?.startedAt ?? station.stamp()
    if (!before)
      note({
        about: app,
        reason: 'OperationStarted',
        message: operation.initiatedBy?.username
          ? `${operation.initiatedBy.username} initiated sync to ${operation.sync?.revision ?? ''}`
          : `Initiated automated sync to '${operation.sync?.revision ?? ''}'`,
        by: BY,
      })
    write(app, (status) => {
      status.operationState = { operation, phase: 'Running', ...(before?.retryCount ? { retryCount: before.retryCount } : {}), startedAt }
    })
    const trouble = repositoryTrouble(bench)
    const comparison = trouble ?? compare(station, git, app, operation.sync?.revision || undefined)
    const empty: Running = {
      startedAt,
      comparison: { revision: operation.sync?.revision ?? '', sourceType: '', rows: [], hooks: [], health: 'Healthy', shared: [] },
      tasks: [],
      results: [],
      next: 0,
      failed: true,
      applied: false,
    }
    if (typeof comparison === 'string') return close(app, empty, 'Error', comparison)
    const chosen = selected(comparison, operation.sync?.resources)
    const state: Running = { ...empty, comparison, tasks: tasksOf(api, app, comparison, chosen, operation), failed: false }
    const refused = refusal(api, app, chosen)
    if (refused) return close(app, { ...state, results: refused.results }, 'Failed', refused.message)
    running.set(app.metadata.name, state)
    again(app.metadata.name, 90)
    return null
  }

  function close(app: Obj, state: Running, phase: string, message: string): null {
    running.set(app.metadata.name, state)
    station.later(`argocd/sync/${app.metadata.name}`, 60, () => end(app.metadata.name, state, phase, message))
    return null
  }

  function run(app: Obj, task: Task, operation: Obj['spec']): Result {
    const { row } = task
    try {
      return task.prune ? prune(row, Boolean(operation.sync?.prune)) : apply(app, task)
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error
      return result(row, task.phase, 'SyncFailed', 'Failed', error.message)
    }
  }

  function prune(row: Row, allowed: boolean): Result {
    const options = row.live?.metadata.annotations?.[OPTIONS] ?? ''
    if (!allowed) return result(row, 'Sync', 'PruneSkipped', 'Succeeded', 'ignored (requires pruning)')
    if (/Prune=(false|confirm)/.test(options)) return result(row, 'Sync', 'PruneSkipped', 'Succeeded', 'ignored (no prune)')
    api.remove(row.resource, row.namespace, row.name, {
      by: BY,
      propagation: 'Foreground',
      ...(row.live ? { uid: row.live.metadata.uid } : {}),
    })
    return result(row, 'Sync', 'Pruned', 'Succeeded', 'pruned')
  }

  function apply(app: Obj, task: Task): Result {
    const { row, phase } = task
    const title = `${row.kind.toLowerCase()}${row.group ? `.${row.group}` : ''}/${row.name}`
    if (!row.desired) return result(row, phase, 'Synced', 'Running', '')
    if (row.hook) return hook(app, task)
    const live = api.get(row.resource, row.namespace, row.name)
    if (!live) {
      api.create(row.resource, structuredClone(row.desired), BY)
      return { ...result(row, phase, 'Synced', 'Running', `${title} created`), ...images(row) }
    }
    const { status: _status, ...desired } = row.desired
    const next = merged(live, desired)
    if (same(live, next)) return { ...result(row, phase, 'Synced', 'Running', `${title} unchanged`), ...images(row) }
    api.change(row.resource, row.namespace, row.name, BY, (draft) => void Object.assign(draft, structuredClone(next)))
    return { ...result(row, phase, 'Synced', 'Running', `${title} configured`), ...images(row) }
  }

  function hook(app: Obj, { row, phase }: Task): Result {
    const live = api.get(row.resource, row.namespace, row.name)
    if (live)
      api.remove(row.resource, row.namespace, row.name, { by: BY, propagation: 'Background', uid: live.metadata.uid, graceSeconds: 0 })
    const make = () => {
      if (row.desired && !api.get(row.resource, row.namespace, row.name)) api.create(row.resource, structuredClone(row.desired), BY)
    }
    if (api.get(row.resource, row.namespace, row.name)) station.later(`argocd/hook/${app.metadata.name}/${row.name}`, 600, make)
    else make()
    return { ...result(row, phase, 'Synced', 'Running', ''), ...images(row), ...(row.hook ? { hookType: row.hook } : {}) }
  }

  function isOver({ row, prune: pruned }: Task, last: boolean): boolean {
    if (pruned) return true
    const live = api.get(row.resource, row.namespace, row.name)
    if (row.hook) return live !== undefined && (live.kind !== 'Job' || isFinished(live))
    return last || (live !== undefined && ['Healthy', null, 'Suspended'].includes(healthOf(live)))
  }

  function settleHook({ row }: Task, state: Running): void {
    if (!row.hook) return
    const live = api.get(row.resource, row.namespace, row.name)
    const failed = live ? healthOf(live) === 'Degraded' : false
    const at = state.results.findIndex((each) => each.hookType && each.name === row.name && each.kind === row.kind)
    const before = state.results[at]
    if (before)
      state.results[at] = {
        ...before,
        hookPhase: failed ? 'Failed' : 'Succeeded',
        message: failed ? 'Job has reached the specified backoff limit' : 'Reached expected number of succeeded pods',
      }
    state.failed ||= failed
    const policy = row.desired?.metadata.annotations?.[POLICY] ?? 'BeforeHookCreation'
    if (live && policy.includes('HookSucceeded') && !failed)
      api.remove(row.resource, row.namespace, row.name, { by: BY, propagation: 'Background' })
  }

  function finish(app: Obj, state: Running): void {
    end(
      app.metadata.name,
      state,
      state.failed ? 'Failed' : 'Succeeded',
      state.failed ? 'one or more synchronization tasks completed unsuccessfully' : 'successfully synced (all tasks run)',
    )
  }

  function progress(app: Obj, state: Running, message: string): void {
    write(app, (status) => {
      status.operationState = { ...status.operationState, message, phase: 'Running', ...syncResult(app, state) }
    })
  }

  function syncResult(app: Obj, state: Running): { syncResult: { resources?: Result[]; revision: string; source: unknown } } {
    return {
      syncResult: {
        ...(state.results.length ? { resources: state.results } : {}),
        revision: state.comparison.revision,
        source: app.spec.source,
      },
    }
  }

  function end(name: string, state: Running, phase: string, message: string): void {
    running.delete(name)
    const app = api.get(APPS, 'argocd', name)
    if (!app?.operation) return
    const operation = app.operation
    const retry = phase === 'Succeeded' ? 0 : (app.status?.operationState?.retryCount ?? 0)
    const limit: number = operation.retry?.limit ?? 0
    if (phase !== 'Succeeded' && retry < limit) {
      const wait = Math.min(60_000, 5_000 * (operation.retry?.backoff?.factor ?? 2) ** retry)
      write(app, (status) => {
        status.operationState = {
          ...status.operationState,
          message: `${message}. Retrying attempt #${retry + 1}.`,
          phase: 'Running',
          retryCount: retry + 1,
          ...syncResult(app, state),
        }
      })
      return again(name, wait)
    }
    const finishedAt = station.stamp()
    const partial = (operation.sync?.resources ?? []).length > 0
    api.change(APPS, 'argocd', name, BY, (draft) => {
      delete draft.operation
      const history: { id: number }[] = draft.status?.history ?? []
      const entry = {
        deployStartedAt: state.startedAt,
        deployedAt: finishedAt,
        id: (history.at(-1)?.id ?? -1) + 1,
        initiatedBy: operation.initiatedBy ?? {},
        revision: state.comparison.revision,
        source: draft.spec.source,
      }
      draft.status = {
        ...draft.status,
        ...(phase === 'Succeeded' && !partial && !operation.sync?.dryRun ? { history: [...history, entry].slice(-10) } : {}),
        operationState: {
          finishedAt,
          message: retry ? `${message} (retried ${retry} times).` : message,
          operation,
          phase,
          ...(retry ? { retryCount: retry } : {}),
          startedAt: state.startedAt,
          ...syncResult(draft, state),
        },
      }
    })
    note({
      about: app,
      type: phase === 'Succeeded' ? 'Normal' : 'Warning',
      reason: 'OperationCompleted',
      message:
        phase === 'Succeeded'
          ? `Sync operation to ${state.comparison.revision} succeeded`
          : `Sync operation to ${state.comparison.revision} failed: ${message}`,
      by: BY,
    })
    done(name)
  }

  function write(app: Obj, edit: (status: Obj['status']) => void): void {
    api.change(APPS, 'argocd', app.metadata.name, BY, (draft) => {
      draft.status = { ...draft.status }
      edit(draft.status)
    })
  }

  return { step, forget: () => running.clear(), busy: (name) => running.has(name) }
}
