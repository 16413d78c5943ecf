import type { ObjectRow } from '#lib/impact/view'
import type { Tone } from '../impact/words.ts'

export const STATE: Record<ObjectRow['state'], { readonly word: string; readonly tone: Tone }> = {
  present: { word: 'present', tone: 'soft' },
  deleting: { word: 'being deleted', tone: 'danger' },
  gone: { word: 'gone', tone: 'danger' },
  recreated: { word: 'created again', tone: 'warn' },
}

const HEALTH: Readonly<Record<string, Tone>> = {
  Healthy: 'good',
  Progressing: 'busy',
  Degraded: 'danger',
  Missing: 'danger',
  Suspended: 'soft',
  Unknown: 'soft',
}

export function healthTone(health: string | null): Tone {
  return (health && HEALTH[health]) || 'soft'
}

/** `Deployment shop/web`, as one says it. */
export function objectName(object: Pick<ObjectRow, 'kind' | 'namespace' | 'name'>): string {
  return `${object.kind} ${object.namespace ? `${object.namespace}/` : ''}${object.name}`
}
