import { conditions, type Judge, says, word } from './word.ts'

/** Argo CD's rule for PodDisruptionBudget (resource_customizations/policy/PodDisruptionBudget). */
export const disruptionBudgetHealth: Judge = (object) => {
  const seen = [...conditions(object).values()]
  if (seen.length === 0) return word('Progressing', 'no condition yet')
  const failed = seen.find((one) => one.status === 'False' && one.reason !== 'InsufficientPods')
  return failed ? word('Degraded', says(failed)) : word('Healthy')
}
