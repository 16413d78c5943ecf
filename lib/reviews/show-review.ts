import { readStream } from '../audit/store.ts'
import type { Permit } from '../auth/schema.ts'
import { clusterNow } from '../cluster/rules.ts'
import { showIncident } from '../impact/show-incident.ts'
import { no, ok, type Result } from '../kernel/result.ts'
import { BY_NOBODY, clockOf, showRun } from '../runs/show-run.ts'
import { asEntry, loadRun, type RunningContext, streamOf } from '../runs/store.ts'
import { tellEntry } from '../runs/tell-entry.ts'
import { markdownOf } from './markdown-rules.ts'
import { causesOf, curveOf, deviationsOf, reviewStep, servicesOf, timesOf } from './rules.ts'
import type { ReviewView } from './view.ts'

type NotFound = { readonly code: 'not-found'; readonly message: string }

/** GET /runs/{id}/review: what happened, from the entries alone; also of a run that is not over. */
export async function showReview(
  ctx: RunningContext,
  permit: Permit<'run.read'>,
  input: { readonly id: string },
): Promise<Result<ReviewView, NotFound>> {
  const [shown, run] = [await showRun(ctx, permit, input), await loadRun(ctx.db, input.id)]
  if (!shown.ok) return shown
  if (!run) return no({ code: 'not-found', message: `there is no run ${input.id}` })
  const view = shown.value
  const stored = await readStream(ctx.db, streamOf(run.id))
  const incident = await showIncident(ctx, permit, { id: run.started.incident })
  const names = new Map(Object.entries(view.names))
  const clock = clockOf(ctx.clusters, run)
  const at = (wall: string) => new Date(clusterNow(clock, Date.parse(wall))).toISOString()
  const kinds = new Map(stored.map((one) => [one.actor.id, one.actor.kind]))
  const nameOf = (id: string) => names.get(id) ?? BY_NOBODY[kinds.get(id) ?? ''] ?? id
  const titles = new Map(view.phases.flatMap((phase) => phase.steps).map((step) => [step.id, step.title]))
  const services = servicesOf(view, run.recovered, at)
  return ok({
    run: run.id,
    runbook: view.runbook,
    title: view.title,
    kind: view.kind,
    clusters: view.clusters,
    incident: view.incident,
    stage: view.stage,
    outcome: view.outcome,
    lead: nameOf(run.lead),
    t0: view.t0,
    clocks: view.clocks,
    ...timesOf(view.clocks, services),
    causes: incident.ok ? causesOf(incident.value.details.flatMap((signal) => signal.causes)) : [],
    steps: view.phases.flatMap((phase) => phase.steps.map((step) => reviewStep(step, phase.title, nameOf))),
    deviations: deviationsOf(stored.map(asEntry), titles, nameOf, at),
    services,
    curve: curveOf(services),
    people: [
      ...Map.groupBy(
        stored.filter((one) => one.actor.kind !== 'system'),
        (one) => one.actor.id,
      ),
    ].map(([person, entries]) => ({
      person,
      name: nameOf(person),
      role: view.people.find((one) => one.person === person)?.role ?? null,
      entries: entries.length,
      from: at(entries[0]?.at ?? run.startedAt),
      to: at(entries.at(-1)?.at ?? run.startedAt),
    })),
    inForce: view.ledger.filter((row) => row.state !== 'reversed'),
    notes: incident.ok ? incident.value.notes : [],
    evidence: view.evidence,
    timeline: stored.map((one) => ({
      seq: one.seq,
      at: new Date(one.at).toISOString(),
      clusterAt: at(one.at),
      by: nameOf(one.actor.id),
      kind: one.kind,
      step: typeof one.data.step === 'string' ? one.data.step : null,
      text: tellEntry(one, { titles, names }),
    })),
  })
}

/** GET /runs/{id}/review.md */
export async function printReview(
  ctx: RunningContext,
  permit: Permit<'run.read'>,
  input: { readonly id: string },
): Promise<Result<Response, NotFound>> {
  const review = await showReview(ctx, permit, input)
  if (!review.ok) return review
  return ok(
    new Response(markdownOf(review.value), { headers: { 'content-type': 'text/markdown; charset=utf-8', 'cache-control': 'no-store' } }),
  )
}
