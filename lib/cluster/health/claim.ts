import { at, text } from '../../kernel/wire.ts'
import { type Judge, word } from './word.ts'

/** Argo CD's rule for PersistentVolumeClaim (gitops-engine/pkg/health/health_pvc.go). */
export const claimHealth: Judge = (object) => {
  const phase = text(at(object, 'status', 'phase'))
  if (phase === 'Bound') return word('Healthy')
  if (phase === 'Pending') return word('Progressing', 'waiting for a volume')
  if (phase === 'Lost') return word('Degraded', 'its volume is lost')
  return word('Unknown', phase)
}
