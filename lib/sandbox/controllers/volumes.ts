import type { Obj } from '../port.ts'
import type { Station } from './station.ts'
import { namespaceOf } from './station.ts'

const BY = 'kube-controller-manager'
const DRIVER = 'disk.csi.acme.test'
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection'
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection'
const PROVISIONER = 'external-provisioner.volume.kubernetes.io/finalizer'

/** Claims and volumes: provisioning, binding (also to a named volume or by claimRef), protection, reclaim Delete and Retain. */
export function startVolumes(station: Station): void {
  const { api } = station
  const claimLater = (claim: Obj, ms = station.between(200, 1_200)) =>
    station.later(`claim/${claim.metadata.uid}`, ms, () => settleClaim(claim))
  const volumeLater = (name: string) => station.later(`volume/${name}`, station.between(100, 500), () => settleVolume(name))

  station.on('persistentvolumeclaims', ({ type, object }) => {
    if (type === 'DELETED') return object.spec.volumeName ? volumeLater(object.spec.volumeName) : undefined
    if (object.metadata.deletionTimestamp || object.status?.phase !== 'Bound' || !object.metadata.finalizers?.includes(CLAIM_PROTECTION))
      claimLater(object)
  })
  station.on('persistentvolumes', ({ type, object }) => type !== 'DELETED' && volumeLater(object.metadata.name))
  station.on('pods', ({ type, object }) => {
    if (type !== 'DELETED') return
    for (const name of claimsOf(object)) {
      const claim = api.get('persistentvolumeclaims', namespaceOf(object), name)
      if (claim?.metadata.deletionTimestamp) claimLater(claim)
    }
  })

  function settleClaim(seen: Obj): void {
    const namespace = namespaceOf(seen)
    const claim = api.get('persistentvolumeclaims', namespace, seen.metadata.name)
    if (!claim || claim.metadata.uid !== seen.metadata.uid) return
    if (claim.metadata.deletionTimestamp) return release(claim)
    if (!claim.metadata.finalizers?.includes(CLAIM_PROTECTION)) {
      api.change('persistentvolumeclaims', namespace, claim.metadata.name, BY, (draft) => {
        draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), CLAIM_PROTECTION]
      })
    }
    if (claim.status?.phase === 'Bound') return
    const volume = claim.spec.volumeName ? api.get('persistentvolumes', '', claim.spec.volumeName) : (reserved(claim) ?? provision(claim))
    if (!volume) return
    const reference = volume.spec.claimRef
    if (reference?.uid && reference.uid !== claim.metadata.uid) return lose(claim)
    if (reference && (reference.name !== claim.metadata.name || reference.namespace !== namespace)) return
    bind(claim, volume)
  }

  /** The volume that names this claim without naming another incarnation of it. */
  function reserved(claim: Obj): Obj | undefined {
    return api
      .list('persistentvolumes')
      .find(
        ({ spec }) =>
          spec.claimRef?.name === claim.metadata.name &&
          spec.claimRef.namespace === namespaceOf(claim) &&
          (!spec.claimRef.uid || spec.claimRef.uid === claim.metadata.uid),
      )
  }

  function provision(claim: Obj): Obj | undefined {
    const classes = api.list('storageclasses.storage.k8s.io')
    const byDefault = classes.find((each) => each.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true')
    const storage =
      claim.spec.storageClassName === undefined ? byDefault : classes.find((each) => each.metadata.name === claim.spec.storageClassName)
    if (!storage) return undefined
    return api.create('persistentvolumes', volumeOf(claim, storage), 'external-provisioner')
  }

  function bind(claim: Obj, volume: Obj): void {
    const claimRef = {
      kind: 'PersistentVolumeClaim',
      apiVersion: 'v1',
      namespace: namespaceOf(claim),
      name: claim.metadata.name,
      uid: claim.metadata.uid,
    }
    api.change('persistentvolumes', '', volume.metadata.name, BY, (draft) => {
      if (draft.spec.claimRef?.uid !== claim.metadata.uid) draft.spec.claimRef = claimRef
    })
    api.change(
      'persistentvolumes',
      '',
      volume.metadata.name,
      BY,
      (draft) => {
        draft.status = {
          phase: 'Bound',
          lastPhaseTransitionTime: draft.status?.phase === 'Bound' ? draft.status.lastPhaseTransitionTime : station.stamp(),
        }
      },
      'status',
    )
    api.change('persistentvolumeclaims', namespaceOf(claim), claim.metadata.name, BY, (draft) => {
      draft.spec.volumeName = volume.metadata.name
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        'pv.kubernetes.io/bind-completed': 'yes',
        'pv.kubernetes.io/bound-by-controller': 'yes',
      }
    })
    api.change(
      'persistentvolumeclaims',
      namespaceOf(claim),
      claim.metadata.name,
      BY,
      (draft) => {
        draft.status = { phase: 'Bound', accessModes: volume.spec.accessModes, capacity: volume.spec.capacity }
      },
      'status',
    )
  }

  function lose(claim: Obj): void {
    if (claim.status?.phase === 'Pending') return
    api.change(
      'persistentvolumeclaims',
      namespaceOf(claim),
      claim.metadata.name,
      BY,
      (draft) => {
        draft.status = { ...draft.status, phase: 'Lost' }
      },
      'status',
    )
  }

  function release(claim: Obj): void {
    const used = api
      .list('pods', namespaceOf(claim))
      .some((pod) => claimsOf(pod).includes(claim.metadata.name) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    if (used || !claim.metadata.finalizers?.includes(CLAIM_PROTECTION)) return
    api.change('persistentvolumeclaims', namespaceOf(claim), claim.metadata.name, BY, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== CLAIM_PROTECTION)
    })
  }

  function settleVolume(name: string): void {
    const volume = api.get('persistentvolumes', '', name)
    if (!volume) return
    const reference = volume.spec.claimRef
    const claim = reference ? api.get('persistentvolumeclaims', reference.namespace, reference.name) : undefined
    const held = claim !== undefined && (!reference.uid || reference.uid === claim.metadata.uid)
    if (volume.metadata.deletionTimestamp && !held) return letGo(volume)
    if (!volume.metadata.finalizers?.includes(VOLUME_PROTECTION)) {
      api.change('persistentvolumes', '', name, BY, (draft) => {
        draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), VOLUME_PROTECTION]
      })
    }
    if (!claim || !held) return unbind(volume)
    if (volume.status?.phase !== 'Bound') station.later(`claim/${claim.metadata.uid}`, 200, () => settleClaim(claim))
  }

  function letGo(volume: Obj): void {
    if (!volume.metadata.finalizers?.length) return
    api.change('persistentvolumes', '', volume.metadata.name, BY, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((each) => each !== VOLUME_PROTECTION && each !== PROVISIONER)
    })
  }

  /** A volume whose claim is gone is Released and kept or deleted; one that names no claim's uid is Available to it. */
  function unbind(volume: Obj): void {
    const { name, uid } = volume.metadata
    const reference = volume.spec.claimRef
    const phase = reference?.uid ? 'Released' : 'Available'
    const status = { phase, lastPhaseTransitionTime: station.stamp() }
    if (volume.status?.phase !== phase)
      api.change('persistentvolumes', '', name, BY, (draft) => void Object.assign(draft, { status }), 'status')
    if (phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      api.remove('persistentvolumes', '', name, { by: 'external-provisioner', uid })
    }
    const waiting = phase === 'Available' && reference ? api.get('persistentvolumeclaims', reference.namespace, reference.name) : undefined
    if (waiting) claimLater(waiting)
  }
}

export function volumeOf(
  claim: Obj,
  storage: Obj,
): Omit<Obj, 'metadata'> & { metadata: { name: string; annotations: Record<string, string>; finalizers: string[] } } {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `pvc-${claim.metadata.uid}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': storage.provisioner },
      finalizers: [PROVISIONER, VOLUME_PROTECTION],
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
      csi: { driver: DRIVER, volumeHandle: `vol-${claim.metadata.uid.slice(0, 13)}`, fsType: 'ext4' },
      accessModes: claim.spec.accessModes,
      claimRef: {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        namespace: claim.metadata.namespace,
        name: claim.metadata.name,
        uid: claim.metadata.uid,
      },
      persistentVolumeReclaimPolicy: storage.reclaimPolicy ?? 'Delete',
      storageClassName: storage.metadata.name,
      volumeMode: 'Filesystem',
    },
    status: { phase: 'Pending' },
  }
}

function claimsOf(pod: Obj): string[] {
  return (pod.spec.volumes ?? []).flatMap(
    (each: { persistentVolumeClaim?: { claimName: string } }) => each.persistentVolumeClaim?.claimName ?? [],
  )
}
