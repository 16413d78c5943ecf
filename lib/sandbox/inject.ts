import { z } from 'zod'

const by = z.string().default('somebody')
const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) })
const Folder = z.object({
  manifests: z.array(Manifest).default([]),
  sourceType: z.enum(['Helm', 'Kustomize', 'Directory', 'Plugin']).default('Plugin'),
  error: z.string().optional(),
})

/** One fault (or one repair by hands outside the dashboard) that a simulated world can be given. */
export const Inject = z.discriminatedUnion('kind', [
  /** A commit to the platform's repository: each path's new content, null to remove it. `push` tells Argo CD by webhook. */
  z.object({
    kind: z.literal('git-commit'),
    message: z.string(),
    author: z.string().default('platform'),
    push: z.boolean().default(true),
    paths: z.record(z.string(), Folder.nullable()),
  }),
  z.object({
    kind: z.literal('delete-object'),
    resource: z.string(),
    namespace: z.string().default(''),
    name: z.string(),
    propagation: z.enum(['Background', 'Foreground', 'Orphan']).optional(),
    by,
  }),
  z.object({ kind: z.literal('create-object'), object: Manifest, by }),
  z.object({
    kind: z.literal('patch-object'),
    resource: z.string(),
    namespace: z.string().default(''),
    name: z.string(),
    patch: z.record(z.string(), z.unknown()),
    by,
  }),
  /** PUT …/finalize with an empty list: the namespace goes, its leftovers stay stored. */
  z.object({ kind: z.literal('force-finalize'), namespace: z.string(), by }),
  /** The wrong turn: the install manifest applied as it is, controllers running, nothing stripped first. */
  z.object({ kind: z.literal('reinstall-argocd'), force: z.boolean().default(true), by }),
  /** A person brings the repository's credentials back from the vault, as soon as namespace `argocd` can hold them. */
  z.object({ kind: z.literal('restore-credentials'), by }),
  /** How namespaces empty from now on: `pods-first` is Kubernetes >= 1.33; before, any kind may be first, and pods may be last. */
  z.object({ kind: z.literal('deletion-order'), order: z.enum(['pods-first', 'any', 'pods-last']) }),
  z.object({ kind: z.literal('images-missing'), images: z.array(z.string()).min(1), lost: z.boolean().default(true) }),
  z.object({ kind: z.literal('node-lost'), name: z.string() }),
])
export type Inject = z.infer<typeof Inject>
