'use client'
import { useState } from 'react'
import { call } from '#lib/http/call'
import type { ClusterSummary } from '#lib/impact/view'
import { useMe } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { useToast } from '../ui/toast.tsx'

/** Another cluster answers under a name: nothing is recorded and no run starts until a lead says which it is. */
export function AnotherCluster({ cluster }: { readonly cluster: ClusterSummary }) {
  const [busy, setBusy] = useState(false)
  const me = useMe()
  const toast = useToast()
  const { name, replaced } = cluster
  if (!replaced) return null

  async function answer(is: string, how: 'rebuilt' | 'wrong-kubeconfig') {
    setBusy(true)
    const said = await call.post<{ next: string }>(`/clusters/${encodeURIComponent(name)}/identity`, { answer: how, is })
    setBusy(false)
    if (said.ok) toast({ tone: 'good', text: said.value.next })
    else toast({ tone: 'danger', text: `Not taken: ${said.error.detail ?? said.error.title}` })
  }

  return (
    <Notice
      tone="danger"
      title={`Another cluster answers as ${name}. Nothing is recorded and no run starts until a lead says which it is.`}
      action={
        me?.permissions.includes('cluster.identify') ? (
          <span className="flex flex-wrap gap-2">
            <Button disabled={busy} onClick={() => void answer(replaced.is, 'rebuilt')}>
              It was rebuilt
            </Button>
            <Button disabled={busy} onClick={() => void answer(replaced.is, 'wrong-kubeconfig')}>
              The kubeconfig is wrong
            </Button>
          </span>
        ) : null
      }
    >
      Recorded was the one whose kube-system has the uid <span className="font-mono text-xs">{replaced.was}</span>; now answers{' '}
      <span className="font-mono text-xs">{replaced.is}</span>. Rebuilt: the same platform on new machines; baselines are kept. Wrong
      kubeconfig: correct the file first, then answer; it is read again.
    </Notice>
  )
}
