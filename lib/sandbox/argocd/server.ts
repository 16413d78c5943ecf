import { ApiRefusal } from '../port.ts'
import type { Bench } from './bench.ts'
import { PROJECTS } from './bench.ts'
import { ARGOCD } from './processes.ts'

const BY = 'argocd-server'

/** argocd-server at its start: makes a permissive AppProject `default` when there is none, and its own Secrets when they are missing. */
export function startServer({ station, processes }: Bench): void {
  const { api } = station
  processes.on('argocd-server', {
    start(warm) {
      if (!warm) station.later('argocd/server', station.between(400, 900), initialize)
    },
    stop: () => station.cancel('argocd/server'),
  })

  function initialize(): void {
    if (!processes.running('argocd-server')) return
    if (!api.get(PROJECTS, ARGOCD, 'default')) {
      attempt(() =>
        api.create(
          PROJECTS,
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'AppProject',
            metadata: { name: 'default', namespace: ARGOCD },
            spec: {
              clusterResourceWhitelist: [{ group: '*', kind: '*' }],
              destinations: [{ namespace: '*', server: '*' }],
              sourceRepos: ['*'],
            },
          },
          BY,
        ),
      )
    }
    secret(
      'argocd-secret',
      { 'server.secretkey': 'c2FuZGJveA==', 'admin.password': 'c2FuZGJveA==' },
      { 'app.kubernetes.io/name': 'argocd-secret', 'app.kubernetes.io/part-of': 'argocd' },
    )
    secret('argocd-initial-admin-secret', { password: 'c2FuZGJveA==' }, {})
  }

  function secret(name: string, data: Record<string, string>, labels: Record<string, string>): void {
    if (!api.get('secrets', ARGOCD, name))
      attempt(() =>
        api.create(
          'secrets',
          { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, namespace: ARGOCD, labels }, data },
          BY,
        ),
      )
  }
}

function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
  }
}
