import type { ObjectRow } from '#lib/impact/view'
import { TEXT, type Tone } from '../impact/words.ts'
import { classes } from '../ui/classes.ts'
import { Clock } from '../ui/time.tsx'

const STATE: Record<ObjectRow['state'], { readonly word: string; readonly tone: Tone }> = {
  present: { word: 'present', tone: 'soft' },
  deleting: { word: 'being deleted', tone: 'danger' },
  gone: { word: 'gone', tone: 'danger' },
  recreated: { word: 'recreated', tone: 'warn' },
}
const HEALTH: Record<string, Tone> = {
  Healthy: 'good',
  Progressing: 'busy',
  Degraded: 'danger',
  Missing: 'danger',
  Suspended: 'soft',
  Unknown: 'soft',
}

export function ServiceObjects({ objects }: { readonly objects: readonly ObjectRow[] }) {
  if (objects.length === 0) return <p className="py-2.5 text-soft">No object is known to belong to it.</p>
  return (
    <ul className="divide-y divide-line">
      {objects.map((object) => {
        const state = STATE[object.state]
        return (
          <li
            key={`${object.apiVersion} ${object.kind} ${object.namespace}/${object.name} ${object.uid}`}
            className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4 py-1.5 md:grid-cols-[11rem_minmax(0,1fr)_7rem_8rem_10rem]"
          >
            <span className="truncate text-sm text-soft max-md:order-2 max-md:col-span-2">{object.kind}</span>
            <span className="min-w-0 break-words font-medium">
              {object.name}
              {object.note || object.message ? (
                <span className="block text-sm font-normal text-soft">{[object.note, object.message].filter(Boolean).join('. ')}</span>
              ) : null}
            </span>
            <span className={classes('text-sm', TEXT[state.tone])}>{state.word}</span>
            <span className={classes('text-sm max-md:hidden', object.health ? TEXT[HEALTH[object.health] ?? 'soft'] : 'text-soft')}>
              {object.health ?? 'no health'}
            </span>
            <Clock at={object.createdAt} className="text-right text-sm text-soft max-md:hidden" />
          </li>
        )
      })}
    </ul>
  )
}
