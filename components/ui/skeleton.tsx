import { classes } from './classes.ts'

/** A place held in the shape of what will stand there. */
export function Bone({ className = '' }: { readonly className?: string }) {
  return <span aria-hidden className={classes('block animate-[waiting_1.6s_ease-in-out_infinite] rounded-sm bg-line', className)} />
}

export function BoneRows({ rows, className = 'h-4' }: { readonly rows: number; readonly className?: string }) {
  return (
    <div className="divide-y divide-line border-y border-line">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <div key={row} className="flex items-center gap-6 py-3">
          <Bone className={classes('w-3', className)} />
          <Bone className={classes('w-1/4', className)} />
          <Bone className={classes('w-1/6', className)} />
          <Bone className={classes('ml-auto w-16', className)} />
        </div>
      ))}
    </div>
  )
}
