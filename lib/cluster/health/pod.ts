import { at, type Dict, dict, list, num, text } from '../../kernel/wire.ts'
import { conditions, isTrue, type Judge, word } from './word.ts'

const TROUBLE = /^Err|Error$|BackOff$/

/** Argo CD's rule for Pod (gitops-engine/pkg/health/health_pod.go): init containers are not looked at. */
export const podHealth: Judge = (object) => {
  const containers = list(at(object, 'status', 'containerStatuses')).map(dict)
  const annotations = dict(at(object, 'metadata', 'annotations'))
  const restart = text(at(object, 'spec', 'restartPolicy'))
  const isHook = text(annotations['argocd.argoproj.io/hook']) !== '' || text(annotations['helm.sh/hook']) !== ''
  const always = restart === 'Always' || (annotations['argocd.argoproj.io/ignore-restart-policy'] === 'true' && !isHook)
  if (always) {
    const waiting = containers.map((one) => dict(at(one, 'state', 'waiting'))).filter((one) => TROUBLE.test(text(one.reason)))
    if (waiting.length > 0) return word('Degraded', waiting.map((one) => text(one.message) || text(one.reason)).join(', '))
  }
  switch (text(at(object, 'status', 'phase'))) {
    case 'Pending':
      return word('Progressing', text(at(object, 'status', 'message')))
    case 'Succeeded':
      return word('Healthy', text(at(object, 'status', 'message')))
    case 'Failed':
      return word('Degraded', failure(object, containers))
    case 'Running':
      return running(object, containers, always)
    default:
      return word('Unknown', text(at(object, 'status', 'message')))
  }
}

function running(object: Dict, containers: readonly Dict[], always: boolean) {
  if (!always) return word('Progressing', text(at(object, 'status', 'message')))
  if (isTrue(conditions(object).get('Ready'))) return word('Healthy', text(at(object, 'status', 'message')))
  const restarted = containers.find((one) => at(one, 'lastState', 'terminated') !== undefined)
  return restarted
    ? word('Degraded', `container ${text(restarted.name)} ended and is not ready again`)
    : word('Progressing', 'not ready yet')
}

function failure(object: Dict, containers: readonly Dict[]): string {
  const message = text(at(object, 'status', 'message'))
  if (message !== '') return message
  for (const one of containers) {
    const ended = dict(at(one, 'state', 'terminated'))
    if (text(ended.message) !== '') return text(ended.message)
    if (text(ended.reason) === 'OOMKilled') return 'OOMKilled'
    if (num(ended.exitCode) !== 0) return `container ${text(one.name)} ended with exit code ${num(ended.exitCode)}`
  }
  return ''
}
