import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningSandbox, startSandbox, stopSandbox } from '#lib/sandbox/process-client'
import { kubectlEnv } from '#lib/testing/kubectl'

const run = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), 'sandbox-'))
let sandbox: RunningSandbox

beforeAll(async () => {
  const started = await startSandbox({ dir, name: 'kubectl', fill: 'none', speed: 50, seed: 5 })
  if (!started.ok) throw new Error(`${started.error.message} ${readFileSync(join(dir, 'kubectl.log'), 'utf8')}`)
  sandbox = started.value
})

afterAll(async () => {
  await stopSandbox({ dir, name: 'kubectl' })
  rmSync(dir, { recursive: true, force: true })
})

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', args, {
    env: { ...kubectlEnv(sandbox.kubeconfig), HOME: dir },
    timeout: 30_000,
  })
  return stdout.trim()
}

test('kubectl creates what it sends as protobuf, and tells what is not offered', async () => {
  expect(await kubectl('create', 'namespace', 'typed')).toBe('namespace/typed created')
  expect(await kubectl('-n', 'typed', 'create', 'secret', 'generic', 's', '--from-literal=a=b')).toBe('secret/s created')
  expect(await kubectl('-n', 'typed', 'get', 'secret', 's', '-o', 'jsonpath={.data.a}')).toBe('Yg==')
  expect(await kubectl('-n', 'typed', 'create', 'role', 'r', '--verb=get', '--resource=pods')).toContain('created')
  expect(await kubectl('-n', 'typed', 'create', 'quota', 'q', '--hard=pods=1')).toBe('resourcequota/q created')
  expect(await kubectl('-n', 'typed', 'run', 'one', '--image=web')).toBe('pod/one created')
  await expect(kubectl('-n', 'typed', 'run', 'two', '--image=web')).rejects.toThrow('exceeded quota: q, requested: pods=1, used: pods=1')
  await expect(kubectl('-n', 'typed', 'logs', 'one', '-c', 'other')).rejects.toThrow('container other is not valid for pod one')
})

test('kubectl explains fields, warns of unknown ones and refuses them when strict', async () => {
  expect(await kubectl('explain', 'deployment.spec')).toMatch(/FIELDS:[\s\S]*replicas\s+<integer>/)
  const file = join(dir, 'odd.yaml')
  writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: odd, namespace: default}\ndatta: {a: b}\n')
  await expect(kubectl('apply', '-f', file)).rejects.toThrow('unknown field "datta"')
  expect(await kubectl('apply', '--validate=warn', '-f', file)).toBe('configmap/odd created')
})

test('the kubeconfig is readable by its owner only', () => {
  expect(statSync(sandbox.kubeconfig).mode & 0o777).toBe(0o600)
})

test('a sandbox of the same name is found again', async () => {
  const again = await startSandbox({ dir, name: 'kubectl', fill: 'none', speed: 50, seed: 5 })
  expect(again.ok && again.value.pid).toBe(sandbox.pid)
})

test('kubectl creates, applies, patches, scales, waits, describes and deletes', async () => {
  const file = join(dir, 'web.yaml')
  const deployment = (image: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: web, image: "${image}"}]}\n`
  expect(await kubectl('create', 'namespace', 'shop')).toBe('namespace/shop created')
  writeFileSync(file, deployment('web:1'))
  expect(await kubectl('apply', '-f', file)).toBe('deployment.apps/web created')
  writeFileSync(file, deployment('web:2'))
  expect(await kubectl('apply', '-f', file)).toBe('deployment.apps/web configured')
  expect(await kubectl('apply', '-f', file)).toBe('deployment.apps/web unchanged')
  expect(await kubectl('apply', '--server-side', '--force-conflicts', '-f', file)).toBe('deployment.apps/web serverside-applied')
  expect(await kubectl('-n', 'shop', 'scale', 'deployment/web', '--replicas=2')).toBe('deployment.apps/web scaled')
  expect(await kubectl('-n', 'shop', 'patch', 'deployment', 'web', '-p', '{"metadata":{"labels":{"team":"a"}}}')).toBe(
    'deployment.apps/web patched',
  )
  expect(
    await kubectl(
      '-n',
      'shop',
      'get',
      'deployment',
      'web',
      '-o',
      'jsonpath={.spec.replicas} {.metadata.labels.team} {.spec.template.spec.containers[0].image}',
    ),
  ).toBe('2 a web:2')
  expect(await kubectl('-n', 'shop', 'describe', 'deployment', 'web')).toContain('Selector:')
  expect(await kubectl('get', 'deployments', '-A')).toMatch(/NAMESPACE\s+NAME\s+READY[\s\S]*shop\s+web/)
  expect(await kubectl('auth', 'can-i', 'delete', 'namespaces')).toBe('yes')
  await expect(kubectl('auth', 'can-i', 'delete', 'namespaces', '--as', 'nobody')).rejects.toThrow()
  expect(await kubectl('-n', 'shop', 'delete', 'deployment', 'web')).toContain('deployment.apps "web" deleted')
  expect(await kubectl('delete', 'namespace', 'shop', '--timeout=20s')).toContain('namespace "shop" deleted')
  await expect(kubectl('get', 'namespace', 'shop')).rejects.toThrow('namespaces "shop" not found')
})
