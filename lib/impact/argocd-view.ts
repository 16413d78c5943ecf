import { ARGO, awaitsDeletion, instanceFor } from '../argocd/rules.ts'
import type { Instance, KnownInstance, Look } from '../argocd/schema.ts'
import type { ArgocdView } from './view.ts'

/** One Argo CD as screens show it; components that were there once and are not stand with none ready. */
export function argocdView(look: Look, instance: Instance, all: readonly Instance[], known: readonly KnownInstance[]): ArgocdView {
  const applications = look.list('Application', ARGO).filter((one) => instanceFor(one.namespace, all) === instance)
  const inside = (kind: string) => look.list(kind, ARGO).filter((one) => one.namespace === instance.namespace).length
  const present = instance.components.map((one) => ({ name: one.name, desired: one.desired, ready: one.ready }))
  const missing = (known.find((one) => one.namespace === instance.namespace)?.components ?? []).filter(
    (one) => !present.some((other) => other.name === one.name),
  )
  return {
    namespace: instance.namespace,
    state: instance.state,
    version: instance.version,
    applications: applications.length,
    applicationSets: inside('ApplicationSet'),
    projects: inside('AppProject'),
    deletionPending: applications.filter(awaitsDeletion).length,
    components: [...present, ...missing.map((one) => ({ name: one.name, desired: one.desired, ready: 0 }))],
  }
}
