// The floors: import downward only, on the same floor without cycles. tests/architecture.test.ts proves that each rule can fail.
const MODEL = [
  '^lib/kernel/',
  '^lib/live/patch\\.ts$',
  '^lib/cluster/health/',
  '^lib/inventory/facts/',
  '^lib/[^/]+/(schema|rules|machine|view|port)\\.tsx?$',
  '^lib/.+-(schema|rules|machine|view)\\.tsx?$',
].join('|')
const TEST = '\\.test\\.tsx?$|^lib/testing/|^tests/|^bench/'
const GEAR = '^lib/(db/.+|config/.+|live/hub|[^/]+/(store|client|watch))\\.ts$'
const CALL = '^lib/http/call\\.ts$'
// Lower domains do not know higher ones.
const ORDER = ['audit', 'auth', 'cluster', 'argocd', 'inventory', 'services', 'impact', 'hazards', 'runbooks', 'runs', 'drills']

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const upward = ORDER.slice(0, -1).map((domain, i) =>
  rule(
    `${domain}-looks-down`,
    `${domain} knows no domain above it`,
    { path: `^lib/${domain}/`, pathNot: TEST },
    { path: `^lib/(${ORDER.slice(i + 1).join('|')})/`, pathNot: MODEL },
  ),
)

module.exports = {
  forbidden: [
    rule('no-cycles', 'two files that need each other are one', {}, { circular: true, viaOnly: { pathNot: 'node_modules' } }),
    rule('resolvable', 'an import must lead somewhere', {}, { couldNotResolve: true }),
    rule('app-is-the-roof', 'nobody sees app or bin', { path: '^(lib|components)/', pathNot: TEST }, { path: '^(app|bin)/' }),
    rule('lib-has-no-screen', 'lib works without a screen', { path: '^lib/' }, { path: '^components/' }),
    rule(
      'screen-sees-only-models',
      'a component never touches a store, client or verb',
      { path: '^components/', pathNot: TEST },
      { path: '^lib/', pathNot: `${MODEL}|${CALL}` },
    ),
    rule(
      'ui-knows-no-domain',
      'components/ui knows no domain word',
      { path: '^components/ui/' },
      { path: '^(lib/(?!kernel)|components/(?!ui))' },
    ),
    rule(
      'kernel-stands-alone',
      'the kernel needs nobody',
      { path: '^lib/kernel/', pathNot: TEST },
      { path: '^(lib/(?!kernel)|components|app)' },
    ),
    rule('models-stand-alone', 'models see only models', { path: MODEL, pathNot: TEST }, { path: '^lib/', pathNot: MODEL }),
    rule(
      'models-do-no-io',
      'models are safe in a browser',
      { path: MODEL, pathNot: TEST },
      { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    ),
    rule('gear-calls-no-verb', 'gear is called, it does not call', { path: GEAR, pathNot: TEST }, { path: '^lib/(http|boot)/' }),
    rule(
      'below-the-doors',
      'only the doors and boot see the doors',
      { path: '^lib/(?!http|boot)', pathNot: TEST },
      { path: '^lib/(http/(?!call)|boot)' },
    ),
    rule(
      'only-doors-see-boot',
      'the context is built in one place',
      { path: '^lib/http/', pathNot: TEST },
      { path: '^lib/boot/(?!context)' },
    ),
    rule(
      'prisma-lives-in-db',
      'Prisma and pg have one door',
      { path: '.', pathNot: '^lib/db/|^lib/testing/database|^tests/|^node_modules' },
      { path: '^lib/db/generated/|node_modules/(@prisma/|pg/)' },
    ),
    rule(
      'cluster-api-lives-in-cluster',
      'client-node has one door',
      { path: '.', pathNot: '^lib/cluster/|^node_modules|\\.test\\.ts$|^tests/' },
      { path: 'node_modules/@kubernetes/client-node' },
    ),
    rule(
      'nobody-knows-the-sandbox',
      'a simulated cluster is a cluster: only boot, drills and the command line know',
      { path: '^(lib/(?!sandbox/|drills/|boot/|testing/)|components/|app/)', pathNot: TEST },
      { path: '^lib/sandbox/' },
    ),
    rule('fakes-stay-in-tests', 'what serves tests stays there', { path: '.', pathNot: TEST }, { path: '^lib/testing/' }),
    ...upward,
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '^\\.next/' },
    doNotFollow: { path: 'node_modules|^lib/db/generated' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
}
