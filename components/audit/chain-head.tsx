'use client'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { AuditHead, AuditVerdict } from '#lib/audit/view'
import { call } from '#lib/http/call'
import { readDuration } from '#lib/kernel/duration'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Clock } from '../ui/time.tsx'
import { useToast } from '../ui/toast.tsx'

/** Where the chain ends, what was signed of it, and whether it still holds. */
export function ChainHead({ head }: { readonly head: AuditHead }) {
  const [verdict, setVerdict] = useState<AuditVerdict | null>(null)
  const [busy, setBusy] = useState(false)
  const toast = useToast()
  async function verify() {
    setBusy(true)
    setVerdict(null)
    const answer = await call.post<AuditVerdict>('/audit/verify')
    setBusy(false)
    if (answer.ok) setVerdict(answer.value)
    else toast({ tone: 'danger', text: `Not verified: ${answer.error.detail ?? answer.error.title}` })
  }
  return (
    <section aria-label="The chain" className="mb-7">
      <dl className="mb-3 grid gap-x-6 gap-y-1 border-y border-line py-3 text-sm md:grid-cols-[7rem_minmax(0,1fr)_auto] [&_dt]:text-soft">
        <dt>Head</dt>
        <dd className="min-w-0 truncate">
          <span className="tabular font-medium">entry {head.seq}</span>, <Clock at={head.at} />{' '}
          <span className="font-mono text-xs text-soft" title={head.hash}>
            {head.hash}
          </span>
        </dd>
        <dd className="max-md:hidden">
          <CopyButton text={head.hash} label="Copy hash" />
        </dd>
        <dt>Signed</dt>
        {head.signed ? (
          <>
            <dd className="min-w-0 truncate">
              <span className="tabular font-medium">entry {head.signed.seq}</span>, <Clock at={head.signed.at} />{' '}
              <span className="font-mono text-xs text-soft" title={head.signed.signature}>
                {head.signed.signature}
              </span>
            </dd>
            <dd className="max-md:hidden">
              <CopyButton text={JSON.stringify(head.signed)} label="Copy signed head" />
            </dd>
          </>
        ) : (
          <dd className="text-soft md:col-span-2">not yet; every 15 minutes, and at the end of each run</dd>
        )}
      </dl>
      <div className="flex flex-wrap items-center gap-4">
        <Button onClick={() => void verify()} disabled={busy}>
          <ShieldCheck size={16} aria-hidden />
          {busy ? 'Reading the whole chain' : 'Verify the chain'}
        </Button>
        <div role="status" aria-live="polite" className="min-w-0 flex-1">
          {verdict ? (
            verdict.ok ? (
              <Notice
                tone="good"
                title={
                  <span data-verified className="tabular">
                    Verified: {verdict.entries} entries, unbroken, in {readShort(verdict.tookMs)}.
                  </span>
                }
              >
                <span className="font-mono text-xs break-all">{verdict.head}</span>
              </Notice>
            ) : (
              <Notice tone="danger" title={`Broken at entry ${verdict.bad?.seq ?? '?'}: ${verdict.bad?.what ?? 'unknown'}.`}>
                {verdict.bad?.message}
              </Notice>
            )
          ) : null}
        </div>
      </div>
    </section>
  )
}

function readShort(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : readDuration(ms)
}
