import { Notice } from '../ui/notice.tsx'
import { Section } from '../ui/page-head.tsx'
import { Bone } from '../ui/skeleton.tsx'

/** A part of a page that is still being read. */
export function PartSkeleton({ name }: { readonly name: string }) {
  return (
    <Section name={name}>
      <div role="status" className="space-y-3 py-3">
        <span className="sr-only">Reading</span>
        <Bone className="h-4 w-3/5" />
        <Bone className="h-4 w-4/5" />
        <Bone className="h-4 w-2/5" />
      </div>
    </Section>
  )
}

/** A part of a page that could not be read, while the rest stands. */
export function PartTrouble({ name, why }: { readonly name: string; readonly why: string }) {
  return (
    <Section name={name}>
      <div className="my-2">
        <Notice tone="warn" title="This part could not be read; the rest of the page stands.">
          {why} It is asked again by itself.
        </Notice>
      </div>
    </Section>
  )
}
