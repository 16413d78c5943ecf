import { Bone, BoneRows } from '../ui/skeleton.tsx'

function Head({ wide = false }: { readonly wide?: boolean }) {
  return (
    <div className="mb-7">
      <Bone className={wide ? 'h-9 w-3/5' : 'h-7 w-48'} />
      <Bone className="mt-3 h-4 w-64" />
    </div>
  )
}

export function SituationSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Reading the situation</span>
      <Head wide />
      <div className="mb-8 flex gap-10">
        {['a', 'b', 'c', 'd'].map((key) => (
          <div key={key}>
            <Bone className="h-7 w-10" />
            <Bone className="mt-2 h-3.5 w-20" />
          </div>
        ))}
      </div>
      <BoneRows rows={8} />
    </div>
  )
}

export function TableSkeleton({ what }: { readonly what: string }) {
  return (
    <div role="status">
      <span className="sr-only">Reading {what}</span>
      <Head />
      <Bone className="mb-5 h-9 w-full" />
      <BoneRows rows={12} />
    </div>
  )
}

export function RunSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Reading the run</span>
      <Head />
      <Bone className="mb-8 h-2 w-full" />
      <div className="grid gap-9 lg:grid-cols-[16rem_minmax(0,1fr)]">
        <div className="hidden space-y-4 lg:block">
          {Array.from({ length: 9 }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
            <Bone key={at} className="h-5 w-full" />
          ))}
        </div>
        <div>
          <Bone className="h-4 w-40" />
          <Bone className="mt-3 h-8 w-2/3" />
          <Bone className="mt-5 h-4 w-full" />
          <Bone className="mt-2 h-4 w-4/5" />
          <Bone className="mt-7 h-11 w-72" />
        </div>
      </div>
    </div>
  )
}

function Facts() {
  return (
    <div className="mb-9 grid grid-cols-2 gap-x-8 gap-y-3 lg:grid-cols-4">
      {['a', 'b', 'c', 'd'].map((key) => (
        <div key={key}>
          <Bone className="h-3.5 w-24" />
          <Bone className="mt-2 h-4 w-36" />
        </div>
      ))}
    </div>
  )
}

export function ClusterSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Reading the cluster</span>
      <Bone className="mb-6 h-6 w-80" />
      <Head />
      <Facts />
      <BoneRows rows={12} />
    </div>
  )
}

/** One thing: its place, its name, its facts, and what is known of it. */
export function ThingSkeleton({ what }: { readonly what: string }) {
  return (
    <div role="status">
      <span className="sr-only">Reading {what}</span>
      <Bone className="mb-3 h-3.5 w-48" />
      <Head wide />
      <Facts />
      <BoneRows rows={6} />
    </div>
  )
}
