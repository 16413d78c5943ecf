import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { at, type Dict, dict, list, text, texts } from '../kernel/wire.ts'
import { readGolden } from '../testing/golden-wire.ts'
import { chooseKinds, kindKey } from './kinds.ts'

/** What a real server serves, from its own index. */
const served = (list(at(readGolden('baseline/index.json'), 'lists')) as readonly Dict[]).map((one) => ({
  group: text(one.group),
  version: text(one.version),
  kind: text(one.kind),
  plural: text(one.resource),
  namespaced: one.scope === 'Namespaced',
  verbs: texts(one.verbs),
}))
const NONE = { tracked: new Set<string>(), collect: [], secrets: 'none' } as const
const at1 = (depth: string, kinds: ReturnType<typeof chooseKinds>) => kinds.filter((one) => one.depth === depth).map((one) => one.kind)

test('of a real server every kind of the list is collected, and nothing beside it', () => {
  const chosen = chooseKinds(served, NONE)
  expect([...new Set(at1('full', chosen))].sort()).toEqual(
    [
      ...['Application', 'ApplicationSet', 'AppProject', 'Namespace', 'Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Service'],
      ...['Ingress', 'ConfigMap', 'ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'PersistentVolumeClaim'],
      ...['PersistentVolume', 'StorageClass', 'PodDisruptionBudget', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'ResourceQuota'],
      ...['LimitRange', 'PriorityClass', 'CustomResourceDefinition', 'APIService', 'ValidatingWebhookConfiguration'],
      ...['MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'MutatingAdmissionPolicy'],
      ...['MutatingAdmissionPolicyBinding', 'Schedule', 'Backup', 'BackupStorageLocation'],
    ].sort(),
  )
  expect([...new Set(at1('slim', chosen))].sort()).toEqual(['EndpointSlice', 'Job', 'Node', 'Pod', 'ReplicaSet'])
  expect(at1('names', chosen)).toEqual([])
  expect(at1('events', chosen)).toEqual(['Event'])
})

const CUSTOM = { group: 'acme.test', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true, verbs: ['list', 'watch'] }

test.each(['widgets', 'widgets.acme.test', 'Widget', 'Widget.acme.test', 'acme.test/Widget'])('`collect: [%s]` names a kind', (word) => {
  expect(at1('full', chooseKinds([CUSTOM], { ...NONE, collect: [word] }))).toEqual(['Widget'])
  expect(chooseKinds([CUSTOM], NONE)).toEqual([])
})

test('churn is left out even where an Application manages it, and Secrets are names at most', () => {
  const tracked = new Set(['/Event', 'coordination.k8s.io/Lease', 'discovery.k8s.io/EndpointSlice', '/Secret', '/Endpoints'])
  const chosen = chooseKinds(served, { tracked, collect: ['secrets', 'leases'], secrets: 'none' })
  expect(chosen.map(kindKey).filter((key) => /^(secrets|leases|endpoints)\./.test(key))).toEqual([])
  expect(at1('names', chooseKinds(served, { ...NONE, secrets: 'names' }))).toEqual(['Secret'])
})

const documents = (file: string) => parseAllDocuments(readFileSync(`deploy/${file}`, 'utf8')).map((one) => dict(one.toJS()))

test('the shipped ClusterRole covers what is collected, to read only, and no Secret', () => {
  const role = documents('rbac-reader.yaml').find((one) => one.kind === 'ClusterRole')
  const rules = list(role?.rules).map(dict)
  const granted = (group: string, plural: string, verb: string) =>
    rules.some(
      (one) =>
        texts(one.apiGroups).includes(group) &&
        texts(one.resources).some((resource) => resource === '*' || resource === plural) &&
        texts(one.verbs).includes(verb),
    )
  const missing = chooseKinds(served, NONE).filter((one) => !['get', 'list', 'watch'].every((verb) => granted(one.group, one.plural, verb)))
  expect(missing.map(kindKey)).toEqual([])
  expect(granted('', 'secrets', 'list')).toBe(false)
  expect([...new Set(rules.flatMap((one) => texts(one.verbs)))].sort()).toEqual(['get', 'list', 'watch'])
})

/** Every path of fields in a value, lists left out. */
function fields(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => fields(one, path))
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, one]) => fields(one, `${path}.${key}`))
}

test('the shipped flow control has the shape of a real server, puts acts before reading, and both before the common crowd', () => {
  const shipped = documents('flow-control.yaml')
  for (const [kind, plural] of [
    ['FlowSchema', 'flowschemas'],
    ['PriorityLevelConfiguration', 'prioritylevelconfigurations'],
  ]) {
    const real = list(at(readGolden(`baseline/lists/flowcontrol.apiserver.k8s.io.v1.${plural}.json.gz`), 'items'))
    const known = new Set(real.flatMap((one) => fields(dict(one).spec)))
    const ours = shipped.filter((one) => one.kind === kind)
    expect(ours).toHaveLength(2)
    const unknown = ours.flatMap((one) => fields(one.spec)).filter((path) => !known.has(path))
    // The server's own objects have no need of a limit to borrowing.
    expect(unknown.filter((path) => path !== '.limited.borrowingLimitPercent')).toEqual([])
  }
  const level = (name: string) => shipped.find((one) => one.kind === 'PriorityLevelConfiguration' && at(one, 'metadata', 'name') === name)
  const precedence = (name: string) => {
    const schema = shipped.find((one) => one.kind === 'FlowSchema' && at(one, 'metadata', 'name') === name)
    expect(level(text(at(schema, 'spec', 'priorityLevelConfiguration', 'name')))).toBeDefined()
    return Number(at(schema, 'spec', 'matchingPrecedence'))
  }
  expect(precedence('blackstart-actions')).toBeLessThan(precedence('blackstart-collector'))
  const common = list(at(readGolden('baseline/lists/flowcontrol.apiserver.k8s.io.v1.flowschemas.json.gz'), 'items')).map(dict)
  const accounts = common.find((one) => at(one, 'metadata', 'name') === 'service-accounts')
  expect(precedence('blackstart-collector')).toBeLessThan(Number(at(accounts, 'spec', 'matchingPrecedence')))
})
