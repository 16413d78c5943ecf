'use client'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/kbd.tsx'

const KEYS = [
  ['j', 'next step'],
  ['k', 'step before'],
  ['Enter', 'open the step that is due (never acts)'],
  ['c', 'claim the step shown, or let it go'],
  ['Ctrl K', 'find or do'],
  ['?', 'these keys'],
] as const

export function KeysDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Keys" about="No key acts on a cluster.">
      <dl className="grid grid-cols-[5rem_1fr] gap-y-2">
        {KEYS.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
