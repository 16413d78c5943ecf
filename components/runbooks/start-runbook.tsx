'use client'
import { useState } from 'react'
import type { ClusterSummary } from '#lib/impact/view'
import { StartRunDialog } from '../runs/start-run-dialog.tsx'
import { Button } from '../ui/button.tsx'

type Props = { readonly runbook: string; readonly clusters: readonly ClusterSummary[]; readonly openNow: boolean }

export function StartRunbook({ runbook, clusters, openNow }: Props) {
  const [open, setOpen] = useState(openNow)
  return (
    <>
      <Button onClick={() => window.print()} look="plain" className="no-print">
        Print
      </Button>
      <Button
        look="primary"
        className="no-print"
        onClick={() => setOpen(true)}
        disabled={clusters.length === 0}
        title={clusters.length === 0 ? 'No cluster is connected.' : undefined}
      >
        Start this runbook
      </Button>
      {open ? <StartRunDialog open onOpenChange={setOpen} runbooks={[runbook]} clusters={clusters} /> : null}
    </>
  )
}
