import { setsOfAction } from './lint-rules.ts'
import { actionOf } from './rules.ts'
import type { RunbookDocument, Step } from './schema.ts'

const get = (document: RunbookDocument, name: string): string => {
  const set = document.spec.sets?.[name]
  if (!set) return 'kubectl get …'
  const kind = `${set.kind.toLowerCase()}${set.group ? `.${set.group}` : ''}`
  const where = set.namespace && set.namespace !== '*' ? ` -n ${set.namespace}` : ' -A'
  const names = set.name === undefined ? '' : ` ${Array.isArray(set.name) ? set.name.join(' ') : set.name}`
  const selector = set.selector
    ? ` -l ${Object.entries(set.selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')}`
    : ''
  return `kubectl get ${kind}${where}${names}${selector} -o name`
}

/**
 * How a step is done by hand, for print and for the day this program is gone: the objects of a set are listed first.
 * The exact commands per object stand in the preview.
 */
export function kubectlTemplate(step: Step, document: RunbookDocument): string[] {
  const spec = step.do
  const action = spec ? actionOf(spec) : null
  if (!spec || !action) return []
  const list = action === 'reverse' ? [] : setsOfAction(spec).map((name) => `# ${name}\n${get(document, name)}`)
  const each = (patch: string) => [...list, `# for each of them\nkubectl patch KIND NAME -n NAMESPACE --type=json -p '${patch}'`]
  const argo = '${argocd.namespace}'
  switch (action) {
    case 'argocd.stop':
      return [
        `kubectl scale deployment -n ${argo} -l app.kubernetes.io/component=applicationset-controller --replicas=0`,
        `kubectl scale statefulset -n ${argo} -l app.kubernetes.io/component=application-controller --replicas=0`,
      ]
    case 'argocd.start':
      return (spec['argocd.start']?.components ?? ['application-controller', 'applicationset-controller']).map(
        (one) => `kubectl scale deployment,statefulset -n ${argo} -l app.kubernetes.io/component=${one} --replicas=N  # N: as before`,
      )
    case 'argocd.freeze':
      return each('[{"op":"remove","path":"/spec/syncPolicy/automated"}]')
    case 'argocd.thaw':
      return each('[{"op":"add","path":"/spec/syncPolicy/automated","value":ORIGINAL}]')
    case 'argocd.sync':
      return each('[{"op":"add","path":"/operation","value":{"sync":{"prune":false,"syncOptions":["ApplyOutOfSyncOnly=true"]}}}]')
    case 'argocd.refresh':
      return [...list, '# for each of them\nkubectl annotate KIND NAME -n NAMESPACE argocd.argoproj.io/refresh=normal --overwrite']
    case 'setReclaimPolicy':
      return each(`[{"op":"replace","path":"/spec/persistentVolumeReclaimPolicy","value":"${spec.setReclaimPolicy?.to ?? ''}"}]`)
    case 'removeFinalizers':
      return each(`[{"op":"remove","path":"/metadata/finalizers"}]`).map(
        (line) => `${line}${line.startsWith('# for') ? `  # only ${spec.removeFinalizers?.only.join(', ') ?? ''}` : ''}`,
      )
    case 'finalizeNamespace':
      return [
        `kubectl get ns ${spec.finalizeNamespace?.name ?? ''} -o json | jq '.spec.finalizers=[]' | kubectl replace --raw /api/v1/namespaces/${spec.finalizeNamespace?.name ?? ''}/finalize -f -`,
      ]
    case 'create':
    case 'apply':
      return (
        (spec.create ?? spec.apply)?.manifests.map((one) => `kubectl ${action} -f - <<'EOF'\n${JSON.stringify(one, null, 2)}\nEOF`) ?? []
      )
    case 'restore':
      return ['# from the recorded manifests of T0, without uid, ownerReferences, finalizers and status', 'kubectl create -f MANIFEST.yaml']
    case 'patch':
      return each(
        JSON.stringify(
          spec.patch?.changes.map((change) =>
            change.remove ? { op: 'remove', path: change.path } : { op: 'add', path: change.path, value: change.value },
          ) ?? [],
        ),
      )
    case 'scale':
      return each(`[{"op":"replace","path":"/spec/replicas","value":${spec.scale?.replicas ?? 0}}]`)
    case 'delete':
      return [...list, '# for each of them\nkubectl delete KIND NAME -n NAMESPACE --wait=false']
    case 'reverse':
      return [
        `# give every object of step ${spec.reverse?.step ?? ''} back the value that its annotation blackstart.dev/frozen or the ledger names`,
      ]
  }
}
