import { conditions, isFalse, isTrue, type Judge, says, word } from './word.ts'

/** Argo CD's rule for CustomResourceDefinition (resource_customizations/apiextensions.k8s.io). */
export const customResourceDefinitionHealth: Judge = (object) => {
  const seen = conditions(object)
  if (seen.size === 0) return word('Progressing', 'no condition yet')
  if (isTrue(seen.get('Terminating'))) return word('Progressing', 'being deleted')
  if (isFalse(seen.get('NamesAccepted'))) return word('Degraded', says(seen.get('NamesAccepted')))
  if (isTrue(seen.get('NonStructuralSchema'))) return word('Degraded', says(seen.get('NonStructuralSchema')))
  if (!isTrue(seen.get('Established'))) return word('Degraded', says(seen.get('Established')) || 'not established')
  return word('Healthy')
}
