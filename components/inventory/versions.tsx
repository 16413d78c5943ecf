import Link from 'next/link'
import { stringify } from 'yaml'
import type { RevisionsView } from '#lib/impact/view'
import { classes } from '../ui/classes.ts'
import { Code } from '../ui/code.tsx'
import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'

type Revision = NonNullable<RevisionsView['revision']>
/** What the chosen version changed, also in what restoring leaves out. */
type Diff = Revision['diff']
const MOST = 60
const LONGEST = 60

/** The recorded versions of an object, and the chosen one: what became different, and how it would be restored. Rendered on the server. */
export function Versions({ view, diff = [] }: { readonly view: RevisionsView; readonly diff?: Diff }) {
  const { items, revision } = view
  if (items.length === 0)
    return (
      <Section name="Recorded versions">
        <p className="py-2.5 text-soft">
          None. Only kinds that something could be restored from are recorded; pods, replica sets, jobs and nodes are only watched.
        </p>
      </Section>
    )
  return (
    <>
      <Section name="Recorded versions" aside={<span className="tabular">{items.length}</span>}>
        <ol reversed className="divide-y divide-line">
          {items
            .toReversed()
            .slice(0, MOST)
            .map((one) => (
              <li
                key={one.n}
                className={classes(
                  'grid grid-cols-[2.5rem_minmax(0,1fr)] gap-x-3 py-1.5 md:grid-cols-[2.5rem_9.5rem_minmax(0,1fr)_minmax(0,1.2fr)] md:items-baseline',
                  one.n === revision?.n && 'bg-sunken',
                )}
              >
                <Link
                  href={`?n=${one.n}`}
                  scroll={false}
                  aria-current={one.n === revision?.n ? 'true' : undefined}
                  className="tabular inline-flex min-h-6 min-w-6 items-center justify-end underline underline-offset-2"
                >
                  <span className="sr-only">version </span>
                  {one.n}
                </Link>
                <Clock at={one.at} className="text-sm text-soft" />
                <span className="break-words max-md:col-start-2">{one.what}</span>
                <span className="min-w-0 text-sm break-words max-md:col-start-2">
                  {one.by ? (
                    <>
                      <span className="font-medium">{one.by}</span>
                      {one.proof ? <span className="block text-soft">{one.proof}</span> : null}
                    </>
                  ) : (
                    <span className="text-soft">who: not recorded</span>
                  )}
                </span>
              </li>
            ))}
        </ol>
        {items.length > MOST ? <p className="py-1.5 text-sm text-soft">and {items.length - MOST} older ones</p> : null}
      </Section>
      {revision ? <Chosen revision={revision} diff={diff} /> : null}
    </>
  )
}

function Chosen({ revision, diff }: { readonly revision: Revision; readonly diff: Diff }) {
  return (
    <>
      <Section name={`What version ${revision.n} changed`} aside={<Clock at={revision.at} />}>
        {diff.length === 0 ? (
          <p className="py-2.5 text-soft">
            {revision.n === 1
              ? 'It is the first that was recorded; there is none to compare with.'
              : 'Nothing that is kept of it: only its state moved.'}
          </p>
        ) : (
          <dl className="divide-y divide-line font-mono text-xs" data-diff={diff.length}>
            {diff.slice(0, LONGEST).map((one) => (
              <div key={one.path} className="grid gap-x-4 py-1.5 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
                <dt className="break-all text-soft">{one.path}</dt>
                <dd className="min-w-0 break-all">
                  <del className="text-soft decoration-1">{one.was || 'absent'}</del> →{' '}
                  <ins className="no-underline">{one.becomes || 'absent'}</ins>
                </dd>
              </div>
            ))}
          </dl>
        )}
        {diff.length > LONGEST ? <p className="py-1.5 text-sm text-soft">and {diff.length - LONGEST} more fields</p> : null}
      </Section>
      <Section name={`Version ${revision.n} as it would be restored`}>
        {revision.redacted ? (
          <div className="my-2">
            <Notice tone="warn" title="Secrets were taken out before this was recorded.">
              Their values cannot be restored from here, so a run refuses to restore this object by itself.
            </Notice>
          </div>
        ) : null}
        {revision.aside.length > 0 ? (
          <ul className="py-2 text-sm text-soft">
            {revision.aside.map((one) => (
              <li key={one.field}>
                <span className="font-mono text-xs">{one.field}</span> is kept aside: {one.why}
              </li>
            ))}
          </ul>
        ) : null}
        <div className="mt-2" data-manifest>
          <Code lines={stringify(revision.manifest).trimEnd().split('\n')} label="Copy manifest" />
        </div>
      </Section>
    </>
  )
}
