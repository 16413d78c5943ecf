import { findInstances } from '../../argocd/find-instances.ts'
import { blastRadius, deploysHere, isApplication, trackedOf } from '../../argocd/rules.ts'
import type { PlannedStep } from '../../runbooks/rules.ts'
import type { Ground } from '../ground.ts'
import type { PreviewView } from '../view.ts'
import type { PlannedAct } from './act-schema.ts'

type Told = PreviewView['controllers']

/** What controllers will do once this is done, which no dry run shows: judged from the live store. */
export function controllersOf(ground: Ground, planned: PlannedStep, plan: PlannedAct): Told {
  const look = ground.watched.inventory
  const touched = plan.items
    .filter((one) => one.state === 'todo')
    .flatMap((one) => (one.item.object.uid ? (look.get(one.item.object.uid) ?? []) : []))
  switch (planned.action) {
    case 'argocd.stop':
      return touched.length > 0
        ? [
            {
              what: 'Argo CD compares, syncs, heals and deletes nothing any more; what runs goes on running',
              objects: touched.length,
              how: 'its controllers have no pods',
              severity: 'info',
            },
          ]
        : []
    case 'argocd.start': {
      const applications = look.list('Application').filter((one) => isApplication(one))
      const automated = applications.filter((one) => one.facts.is === 'application' && one.facts.automated?.enabled)
      return [
        {
          what: `Argo CD compares ${applications.length} Applications; ${automated.length} of them sync by themselves`,
          objects: automated.length,
          how: 'the application controller starts',
          severity: automated.length > 0 ? 'warning' : 'info',
        },
      ]
    }
    case 'argocd.thaw':
      return [
        {
          what: 'automated sync, healing and pruning begin again',
          objects: plan.items.length,
          how: 'the application controller sees the policy at once',
          severity: 'warning',
        },
      ]
    case 'removeFinalizers': {
      const kept = touched
        .filter((one) => isApplication(one) && deploysHere(one))
        .reduce((sum, one) => sum + trackedOf(look, one).length, 0)
      const leaving = touched.filter((one) => one.deletingAt !== null).length
      return [
        ...(leaving > 0
          ? [
              {
                what: `${leaving} objects that are being deleted disappear at once; this cannot be taken back`,
                objects: leaving,
                how: 'nothing holds them any more',
                severity: 'warning' as const,
              },
            ]
          : []),
        ...(kept > 0
          ? [
              {
                what: `${kept} objects that they track stay and run on, unmanaged`,
                objects: kept,
                how: 'without the finalizer no controller deletes them',
                severity: 'info' as const,
              },
            ]
          : []),
      ]
    }
    case 'delete':
    case 'finalizeNamespace':
      return touched.flatMap((one) =>
        blastRadius(look, one, findInstances(look)).steps.map((step) => ({
          what: step.how,
          objects: step.objects.length,
          how: step.mechanism,
          severity: 'danger' as const,
        })),
      )
    default:
      return []
  }
}
