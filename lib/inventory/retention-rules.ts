import { z } from 'zod'

const Days = z.int().min(1).max(3_650)

/** What reviews and audits ask for a year later. */
const LONG = { Application: 400, ApplicationSet: 400, AppProject: 400, Namespace: 400, PersistentVolumeClaim: 400, PersistentVolume: 400 }

/** How long the recorded past is kept, in days after it passed. What is there now, and what a pin, an open incident or an open run needs, always stays. */
export const Retention = z.strictObject({
  revisions: Days.default(90).meta({ description: 'Versions of objects that were replaced or deleted, in days; default 90.' }),
  kinds: z
    .record(z.string(), Days)
    .default({})
    .transform((said): Record<string, number> => ({ ...LONG, ...said }))
    .meta({
      description: 'Other days for single kinds, such as { ConfigMap: 30 }; default 400 for Argo CD’s own, namespaces and volumes.',
    }),
  events: Days.default(30).meta({ description: 'Events of Kubernetes and Argo CD, in days; default 30.' }),
  audit: Days.default(90).meta({ description: 'Lines of the API servers’ own audit, in days; default 90.' }),
})
export type Retention = z.infer<typeof Retention>
