import { at, list, text } from '../../kernel/wire.ts'
import { type Judge, word } from './word.ts'

/** Argo CD's rule for Service (gitops-engine/pkg/health/health_service.go): only a load balancer without an address is not healthy. */
export const serviceHealth: Judge = (object) => {
  if (text(at(object, 'spec', 'type')) !== 'LoadBalancer') return word('Healthy')
  return hasAddress(object) ? word('Healthy') : word('Progressing', 'waiting for an address')
}

/** Argo CD's rule for networking.k8s.io/Ingress (gitops-engine/pkg/health/health_ingress.go). */
export const ingressHealth: Judge = (object) => (hasAddress(object) ? word('Healthy') : word('Progressing', 'waiting for an address'))

function hasAddress(object: Parameters<Judge>[0]): boolean {
  return list(at(object, 'status', 'loadBalancer', 'ingress')).length > 0
}
