import type { Look } from '../argocd/schema.ts'
import type { SlimRecord } from '../cluster/schema.ts'
import { evidence, fateOf, readState } from './evidence-rules.ts'
import type { Finding, JudgeInput } from './judge-schema.ts'

/** Claims and volumes of then that are gone, lost, another's, or about to go with what is in them. */
export function dataAtRisk(input: JudgeInput): readonly Finding[] {
  const { look, earlier, expected, service } = input
  return earlier.flatMap((was): readonly Finding[] => {
    const danger = was.facts.is === 'claim' ? claimDanger(look, was) : was.facts.is === 'volume' ? volumeDanger(look, was) : null
    // Nothing that was merely planned silences data that customers feel.
    if (!danger || (service.tier < 2 ? expected.ephemeral(was) : expected.removal(was))) return []
    const before = was.facts.is === 'claim' ? `claim on ${was.facts.volume || 'no volume'}` : readState(was)
    return [{ impact: 'data-at-risk', evidence: evidence(was, before, danger.is, danger.since, 'history and live store') }]
  })
}

type Danger = { readonly is: string; readonly since: string | null } | null

function claimDanger(look: Look, was: SlimRecord): Danger {
  const { fate, now } = fateOf(look, was)
  if (now === null) return { is: 'gone', since: null }
  if (fate === 'recreated') return { is: `created again, empty or not ours: uid ${now.uid}`, since: now.createdAt }
  if (goesWithData(look, now)) {
    return {
      is: 'about to go, and its volume with it: reclaim policy Delete',
      since: now.deletingAt ?? look.find('Namespace', '', now.namespace, '')?.deletingAt ?? null,
    }
  }
  if (now.facts.is !== 'claim' || was.facts.is !== 'claim') return null
  if (now.facts.phase === 'Lost') return { is: 'Lost: its volume is gone', since: null }
  return was.facts.volume && now.facts.volume !== was.facts.volume
    ? { is: `on another volume: ${now.facts.volume || 'none'}`, since: null }
    : null
}

function volumeDanger(look: Look, was: SlimRecord): Danger {
  const { fate, now } = fateOf(look, was)
  if (now === null) return { is: 'gone', since: null }
  if (fate === 'recreated') return { is: `created again: uid ${now.uid}`, since: now.createdAt }
  if (now.facts.is !== 'volume' || now.facts.phase !== 'Released' || readState(was) === 'Released') return null
  const { policy } = now.facts
  return { is: policy === 'Delete' ? 'Released, and its policy is Delete' : `Released, kept by policy ${policy}`, since: now.deletingAt }
}

/** A claim on its way out whose volume the provisioner will delete: patching the volume to Retain still saves it. */
function goesWithData(look: Look, claim: SlimRecord): boolean {
  if (claim.facts.is !== 'claim' || (!claim.deletingAt && !look.find('Namespace', '', claim.namespace, '')?.deletingAt)) return false
  const volume = look.find('PersistentVolume', '', claim.facts.volume)
  return volume?.facts.is === 'volume' && volume.facts.policy === 'Delete'
}
