import { at, text } from '../../kernel/wire.ts'
import { conditions, isFalse, isTrue, type Judge, says, word } from './word.ts'

/** cert-manager.io/Certificate: Ready decides, issuing is progress (resource_customizations/cert-manager.io). */
export const certificateHealth: Judge = (object) => {
  const seen = conditions(object)
  if (isTrue(seen.get('Issuing')) && !isFalse(seen.get('Ready'))) return word('Progressing', says(seen.get('Issuing')))
  if (isTrue(seen.get('Issuing')) && text(seen.get('Issuing')?.reason) !== 'Failed') return word('Progressing', says(seen.get('Issuing')))
  return readyHealth(object)
}

/** The kinds whose condition Ready says it all: ExternalSecret, SecretStore and their like (resource_customizations/external-secrets.io). */
export const readyHealth: Judge = (object) => {
  const ready = conditions(object).get('Ready')
  if (isTrue(ready)) return word('Healthy', says(ready))
  if (isFalse(ready)) return word('Degraded', says(ready))
  return word('Progressing', 'not ready yet')
}

/** bitnami.com/SealedSecret (resource_customizations/bitnami.com). */
export const sealedSecretHealth: Judge = (object) => {
  const synced = conditions(object).get('Synced')
  if (isFalse(synced)) return word('Degraded', says(synced))
  return synced ? word('Healthy') : word('Healthy', 'no condition yet')
}

/** argoproj.io/ApplicationSet (resource_customizations/argoproj.io/ApplicationSet). */
export const applicationSetHealth: Judge = (object) => {
  const seen = conditions(object)
  if (seen.size === 0) return word('Progressing', 'no condition yet')
  if (isTrue(seen.get('ErrorOccurred'))) return word('Degraded', says(seen.get('ErrorOccurred')))
  if (isTrue(seen.get('RolloutProgressing'))) return word('Progressing', says(seen.get('RolloutProgressing')))
  if (isTrue(seen.get('ResourcesUpToDate'))) return word('Healthy', says(seen.get('ResourcesUpToDate')))
  return word('Progressing', 'its applications are not up to date yet')
}

/** snapshot.storage.k8s.io/VolumeSnapshot (resource_customizations/snapshot.storage.k8s.io). */
export const volumeSnapshotHealth: Judge = (object) => {
  const error = text(at(object, 'status', 'error', 'message'))
  if (error !== '') return word('Degraded', error)
  return at(object, 'status', 'readyToUse') === true ? word('Healthy', 'ready to use') : word('Progressing', 'not ready yet')
}
