import { at, list, text } from '../../kernel/wire.ts'
import { type Judge, word } from './word.ts'

/** Argo CD's rule for batch/CronJob (resource_customizations/batch/CronJob): the last finished run decides, a suspended one is healthy. */
export const cronJobHealth: Judge = (object) => {
  if (at(object, 'spec', 'suspend') === true) return word('Healthy', 'suspended')
  const scheduled = text(at(object, 'status', 'lastScheduleTime'))
  if (scheduled === '') return word('Healthy', 'not yet run')
  const succeeded = text(at(object, 'status', 'lastSuccessfulTime'))
  const runs = list(at(object, 'status', 'active')).length
  if (runs === 0 && (succeeded === '' || succeeded < scheduled)) return word('Degraded', 'the last run did not succeed')
  return word('Healthy')
}
