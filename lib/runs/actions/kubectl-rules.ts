import type { PlannedItem } from './act-schema.ts'

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const where = (namespace: string): string => (namespace ? ` -n ${namespace}` : '')

function commandFor({ item, request }: PlannedItem): string | null {
  if (!request) return null
  const kind = item.object.apiVersion.includes('/')
    ? `${item.object.kind.toLowerCase()}.${item.object.apiVersion.split('/')[0]}`
    : item.object.kind.toLowerCase()
  const target = `${kind} ${item.object.name}${where(item.object.namespace)}`
  switch (item.verb) {
    case 'patch':
    case 'sync':
      return `kubectl patch ${target} --type=json -p ${quote(JSON.stringify(request.body))}`
    case 'delete':
      return `kubectl delete ${target} --wait=false --cascade=${String(item.options?.propagation ?? 'Background').toLowerCase()}`
    case 'create':
      return `kubectl create -f - <<'EOF'\n${JSON.stringify(request.body, null, 2)}\nEOF`
    case 'apply':
      return `kubectl apply --server-side --field-manager=blackstart -f - <<'EOF'\n${JSON.stringify(request.body, null, 2)}\nEOF`
    case 'finalize':
      return `kubectl replace --raw /api/v1/namespaces/${item.object.name}/finalize -f - <<'EOF'\n${JSON.stringify(request.body)}\nEOF`
    case 'none':
      return null
  }
}

/** The commands that do the same by hand, one per object, in order. */
export function kubectlOf(items: readonly PlannedItem[]): string[] {
  return items.map(commandFor).filter((command) => command !== null)
}
