import { missingRole } from '#lib/cluster/permission-rules'
import type { ClusterView } from '#lib/impact/view'
import { Code } from '../ui/code.tsx'
import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { Bone } from '../ui/skeleton.tsx'

type Answers = ClusterView['permissions']

/** What the account may read and do, as the cluster itself answered, and the role that would add what is missing. */
export function Permissions({ view }: { readonly view: ClusterView }) {
  const { permissions, name, actions } = view
  const missing = permissions.filter((one) => !one.allowed)
  const role = missingRole(name, permissions)
  return (
    <Section name="What the account may read and do" aside={permissions.length > 0 ? <Tally permissions={permissions} /> : null}>
      {permissions.length === 0 ? (
        <p className="py-3 text-soft">The cluster did not answer the question. It is asked again when this page is opened again.</p>
      ) : (
        <>
          {missing.length > 0 ? (
            <div className="my-3" data-missing={missing.length}>
              <Notice tone="warn" title={`${missing.length} permissions are missing. What they would show or do is left out, and named.`}>
                Apply this ClusterRole and bind it to the account; what it adds is seen within a minute.
              </Notice>
              {role ? (
                <div className="mt-2">
                  <Code lines={role.split('\n')} label="Copy ClusterRole" />
                </div>
              ) : null}
            </div>
          ) : (
            <p className="py-3">
              {actions === 'on'
                ? 'Nothing is missing for reading or for recovery.'
                : 'Nothing is missing for reading. It is not asked to act here.'}
            </p>
          )}
          <details>
            <summary className="inline-flex min-h-7 items-center text-sm underline underline-offset-2">
              All {permissions.length} answers
            </summary>
            <Answered permissions={permissions} />
          </details>
        </>
      )}
    </Section>
  )
}

function Tally({ permissions }: { readonly permissions: Answers }) {
  const allowed = permissions.filter((one) => one.allowed).length
  return (
    <span className="tabular">
      {allowed} of {permissions.length} allowed
    </span>
  )
}

function Answered({ permissions }: { readonly permissions: Answers }) {
  const byResource = [...Map.groupBy(permissions, (one) => one.resource)]
  return (
    <ul className="mt-1 grid gap-x-10 sm:grid-cols-2 xl:grid-cols-3">
      {byResource.map(([resource, answers]) => (
        <li key={resource} className="flex items-baseline gap-3 border-b border-line py-1 text-sm">
          <span className="min-w-0 flex-1 truncate font-mono text-xs" title={resource}>
            {resource}
          </span>
          {answers.map((one) => (
            <span key={`${one.verb} ${one.needed}`} className={one.allowed ? 'text-good' : 'font-medium text-danger'} title={one.needed}>
              {one.allowed ? '✓' : '✗'} {one.verb}
              <span className="sr-only">{one.allowed ? ' allowed' : ' not allowed'}</span>
            </span>
          ))}
        </li>
      ))}
    </ul>
  )
}

export function PermissionsSkeleton() {
  return (
    <Section name="What the account may read and do">
      <div role="status" className="space-y-2 py-3">
        <span className="sr-only">Asking the cluster</span>
        <Bone className="h-4 w-2/5" />
        <Bone className="h-4 w-3/5" />
        <Bone className="h-4 w-1/3" />
      </div>
    </Section>
  )
}
