'use client'
import { Paperclip } from 'lucide-react'
import { useRef, useState } from 'react'
import { call } from '#lib/http/call'
import type { RunView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page-head.tsx'
import { Clock } from '../ui/time.tsx'
import { useToast } from '../ui/toast.tsx'
import { Person } from './names.tsx'

const ACCEPTED = '.png,.jpg,.jpeg,.webp,.txt,.log,.csv,.json,.yaml,.yml,.pdf,.gz'
const TYPE: Readonly<Record<string, string>> = {
  yaml: 'application/yaml',
  yml: 'application/yaml',
  log: 'text/plain',
  gz: 'application/gzip',
}

/** What browsers call these files differs; their ending says it. */
function typeOf(file: File): string {
  return TYPE[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? file.type.split(';')[0] ?? ''
}

async function base64Of(file: File): Promise<string> {
  let bytes = ''
  for (const byte of new Uint8Array(await file.arrayBuffer())) bytes += String.fromCharCode(byte)
  return btoa(bytes)
}

/** Files beside the run: pictures, logs, what somebody saw. Their hashes stand in the chain. */
export function Evidence({ run }: { readonly run: RunView }) {
  const toast = useToast()
  const input = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)

  async function add(file: File) {
    setBusy(true)
    const body = { name: file.name, type: typeOf(file), data: await base64Of(file), ...(run.current ? { step: run.current } : {}) }
    const answer = await call.post(`/runs/${run.id}/evidence`, body)
    setBusy(false)
    if (input.current) input.current.value = ''
    if (!answer.ok) toast({ tone: 'danger', text: `Not added: ${answer.error.detail ?? answer.error.title}` })
  }

  return (
    <Section name="Evidence" aside={<span className="tabular">{run.evidence.length}</span>}>
      {run.evidence.length > 0 ? (
        <ul className="divide-y divide-line text-sm">
          {run.evidence.map((file) => (
            <li key={file.id} className="py-1.5">
              <a href={`/api/v1/runs/${run.id}/evidence/${file.id}`} download={file.name} className="break-all font-medium underline">
                {file.name}
              </a>{' '}
              <span className="text-soft">
                {Math.max(1, Math.round(file.size / 1000))} kB · <Person id={file.by} /> · <Clock at={file.at} />
                {file.step ? ` · ${file.step}` : ''}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      <input
        ref={input}
        type="file"
        accept={ACCEPTED}
        className="sr-only"
        aria-label="File to add as evidence"
        tabIndex={-1}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          if (file) void add(file)
        }}
      />
      <Button size="small" className="no-print mt-1.5" disabled={busy} onClick={() => input.current?.click()}>
        <Paperclip size={15} aria-hidden />
        Add a file
      </Button>
    </Section>
  )
}
