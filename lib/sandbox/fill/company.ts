/** The fictional company: a data-science platform of 12 teams. Who owns what, how important it is, what it rests on. */

export const REPOSITORY = 'https://git.acme.test/acme/platform.git'

export type Shape = 'web' | 'worker' | 'store' | 'agent' | 'batch' | 'operator'
export type ServiceDef = {
  readonly name: string
  readonly namespace: string
  readonly project: 'platform' | 'data' | 'projects' | 'default'
  /** The ApplicationSet that generates its Application; null: made by hand. */
  readonly set: 'platform-services' | 'data-stores' | 'tools' | 'projects' | null
  readonly path: string
  readonly shape: Shape
  readonly team: string
  readonly tier: 0 | 1 | 2 | 3
  readonly dependsOn: readonly string[]
  /** How the service says who owns it. */
  readonly says: 'annotations' | 'backstage' | 'labels'
  readonly replicas: number
  readonly claim?: 'durable' | 'fast'
  readonly ingress?: boolean
  readonly trouble?: 'image' | 'paused' | 'drift'
}

export const TEAMS = [
  'platform',
  'data',
  'mlops',
  'risk',
  'growth',
  'pricing',
  'search',
  'supply',
  'finance',
  'support',
  'security',
  'research',
] as const

type Short = readonly [name: string, shape: Shape, team: string, tier: 0 | 1 | 2 | 3, dependsOn?: string, extra?: Partial<ServiceDef>]

const PLATFORM: readonly Short[] = [
  ['ingress-nginx', 'agent', 'platform', 0],
  ['cert-manager', 'operator', 'security', 0],
  ['external-dns', 'operator', 'platform', 0, '', { says: 'labels' }],
  ['vault', 'store', 'security', 0, '', { claim: 'durable' }],
  ['sso', 'web', 'security', 0, 'data/postgres-core', { ingress: true }],
  ['registry', 'store', 'platform', 0, 'data/object-store', { claim: 'durable' }],
  ['prometheus', 'store', 'platform', 1, '', { claim: 'fast' }],
  ['grafana', 'web', 'platform', 1, 'platform-prometheus/prometheus', { ingress: true }],
  ['loki', 'store', 'platform', 1, 'data/object-store', { claim: 'fast', says: 'backstage' }],
  ['backup', 'operator', 'platform', 0, 'data/object-store'],
  ['policy-agent', 'operator', 'security', 1],
  ['workflows', 'web', 'mlops', 1, 'data/postgres-core', { ingress: true }],
]
const DATA: readonly Short[] = [
  ['postgres-core', 'store', 'data', 0, '', { claim: 'durable' }],
  ['object-store', 'store', 'data', 0, '', { claim: 'durable' }],
  ['kafka', 'store', 'data', 0, '', { claim: 'durable' }],
  ['redis-shared', 'store', 'data', 1, '', { claim: 'fast' }],
  ['warehouse', 'store', 'data', 1, 'data/object-store', { claim: 'durable' }],
  ['feature-db', 'store', 'mlops', 1, '', { claim: 'durable' }],
  ['vector-db', 'store', 'search', 1, '', { claim: 'fast' }],
  ['lake-catalog', 'web', 'data', 1, 'data/postgres-core,data/object-store'],
  ['metadata-catalog', 'web', 'data', 2, 'data/postgres-core', { says: 'backstage' }],
  ['stream-registry', 'web', 'data', 2, 'data/kafka'],
]
const TOOLS: readonly Short[] = [
  ['jupyterhub', 'web', 'mlops', 1, 'data/postgres-core,platform-sso/sso', { ingress: true }],
  ['mlflow', 'web', 'mlops', 1, 'data/postgres-core,data/object-store', { ingress: true }],
  ['airflow', 'web', 'data', 1, 'data/postgres-core,data/kafka', { ingress: true }],
  ['spark-operator', 'operator', 'data', 1, 'data/object-store'],
  ['feature-store', 'web', 'mlops', 1, 'data/feature-db,data/redis-shared'],
  ['model-serving', 'web', 'mlops', 0, 'data/object-store,data/redis-shared', { ingress: true }],
  ['experiments', 'web', 'research', 2, 'data/postgres-core'],
  ['datasets', 'web', 'data', 2, 'data/lake-catalog'],
  ['labeling', 'web', 'research', 2, 'data/postgres-core', { trouble: 'image' }],
  ['dashboards', 'web', 'finance', 2, 'data/warehouse', { ingress: true }],
  ['gpu-scheduler', 'operator', 'mlops', 1],
  ['notebook-images', 'batch', 'mlops', 3, 'platform-registry/registry', { says: 'labels' }],
]
const PROJECTS: readonly Short[] = [
  ['fraud', 'web', 'risk', 0, 'data/kafka,data/feature-db,tools-model-serving/model-serving', { ingress: true }],
  ['credit', 'web', 'risk', 1, 'data/warehouse'],
  ['churn', 'web', 'growth', 1, 'data/warehouse'],
  ['campaigns', 'web', 'growth', 2, 'data/redis-shared'],
  ['pricing', 'web', 'pricing', 0, 'data/kafka,data/feature-db', { ingress: true }],
  ['elasticity', 'batch', 'pricing', 2, 'data/warehouse'],
  ['search-ranking', 'web', 'search', 1, 'data/vector-db'],
  ['embeddings', 'worker', 'search', 2, 'data/vector-db,data/kafka'],
  ['recommender', 'web', 'search', 1, 'data/vector-db,data/redis-shared', { ingress: true }],
  ['forecast', 'batch', 'supply', 1, 'data/warehouse'],
  ['routing', 'web', 'supply', 1, 'data/postgres-core'],
  ['inventory', 'web', 'supply', 2, 'data/postgres-core', { says: 'labels' }],
  ['ledger', 'store', 'finance', 0, 'data/kafka', { claim: 'durable' }],
  ['invoices', 'web', 'finance', 1, 'project-ledger/project-ledger'],
  ['reports', 'batch', 'finance', 3, 'data/warehouse'],
  ['triage', 'web', 'support', 2, 'tools-model-serving/model-serving'],
  ['assistant', 'web', 'support', 1, 'data/vector-db,tools-model-serving/model-serving', { ingress: true }],
  ['sentiment', 'worker', 'support', 3, 'data/kafka', { says: 'backstage' }],
  ['anomaly', 'worker', 'security', 1, 'data/kafka'],
  ['access-review', 'batch', 'security', 3, 'platform-sso/sso'],
  ['genomics', 'worker', 'research', 3, 'data/object-store', { claim: 'fast', trouble: 'paused' }],
  ['vision', 'worker', 'research', 3, 'data/object-store', { says: 'labels' }],
  ['simulation', 'batch', 'research', 3, '', { says: 'labels' }],
  ['telemetry', 'web', 'platform', 2, 'data/kafka'],
]
const BY_HAND: readonly Short[] = [
  ['status-page', 'web', 'platform', 1, '', { ingress: true }],
  ['docs-portal', 'web', 'support', 3, '', { trouble: 'drift', says: 'backstage' }],
]

/** Every service of the company, or of a grown one: `count` Applications, by repeating its projects. */
export function services(count: number): ServiceDef[] {
  const fixed = [
    ...PLATFORM.map((each) => define(each, `platform-${each[0]}`, 'platform', 'platform-services', `platform/${each[0]}`)),
    ...DATA.map((each) => define(each, 'data', 'data', 'data-stores', `data/${each[0]}`)),
    ...TOOLS.map((each) => define(each, `tools-${each[0]}`, 'platform', 'tools', `tools/${each[0]}`)),
    ...BY_HAND.map((each) => define(each, each[0], 'default', null, `portal/${each[0]}`)),
  ]
  const grown = Array.from({ length: Math.max(0, count - fixed.length) }, (_, i) => {
    const base = PROJECTS[i % PROJECTS.length] ?? PROJECTS[0]
    if (!base) throw new Error('services: the company has no projects')
    const [name, shape, team, tier, dependsOn = '', extra = {}] = base
    const round = Math.floor(i / PROJECTS.length)
    const unique = round === 0 ? name : `${name}-${round + 1}`
    const { trouble: _trouble, ...calm } = extra
    return define(
      [
        unique,
        shape,
        TEAMS[(TEAMS.indexOf(team as (typeof TEAMS)[number]) + round) % TEAMS.length] ?? team,
        round === 0 ? tier : ((1 + ((i + round) % 3)) as 1 | 2 | 3),
        dependsOn,
        round === 0 ? extra : calm,
      ],
      `project-${unique}`,
      'projects',
      'projects',
      `projects/project-${unique}`,
    )
  })
  return [...fixed, ...grown]
}

function define(
  [name, shape, team, tier, dependsOn = '', extra = {}]: Short,
  namespace: string,
  project: ServiceDef['project'],
  set: ServiceDef['set'],
  path: string,
): ServiceDef {
  const replicas = shape === 'store' || tier === 0 ? 2 : tier === 3 ? 1 : tier === 1 ? 2 : 1
  return {
    name,
    namespace,
    project,
    set,
    path,
    shape,
    team,
    tier,
    dependsOn: dependsOn ? dependsOn.split(',') : [],
    says: 'annotations',
    replicas,
    ...extra,
  }
}
