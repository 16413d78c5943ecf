import { argocdDegraded, argocdGone, prunePending, startedTooEarly } from './find-argocd-signals.ts'
import { admissionDeadlock, namespaceTerminating, nodesLost, unreachable } from './find-cluster-signals.ts'
import { badRollout, dataAtRisk, definitionGone, massDeletion, massShutdown } from './find-loss-signals.ts'
import { slowShrink } from './find-slow-shrink.ts'
import { certificateExpiry, controlPlaneRestored } from './find-trust-signals.ts'
import type { Found, Scene } from './signal-scene.ts'

/** Every condition that holds in this scene, one per (kind, scope). Grace and calm are the machine's. */
export function findSignals(scene: Scene): readonly Found[] {
  const argocd = argocdGone(scene)
  const homes = new Set(argocd.map((one) => one.scope))
  const deletions = massDeletion(scene)
  return [
    ...argocd,
    ...startedTooEarly(scene, argocd.length > 0),
    ...deletions,
    ...massShutdown(scene),
    ...prunePending(scene),
    ...dataAtRisk(scene),
    ...unreachable(scene),
    ...admissionDeadlock(scene),
    ...definitionGone(scene),
    ...namespaceTerminating(scene).filter((one) => !homes.has(one.scope)),
    ...nodesLost(scene),
    ...argocdDegraded(scene, homes),
    ...badRollout(scene),
    // A mass deletion says it louder.
    ...(argocd.length + deletions.length > 0 ? [] : slowShrink(scene)),
    ...certificateExpiry(scene),
    ...controlPlaneRestored(scene),
  ]
}
