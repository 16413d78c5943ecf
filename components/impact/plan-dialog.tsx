'use client'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import { call } from '#lib/http/call'
import type { Effect } from '#lib/impact/expected-schema'
import { newId } from '#lib/kernel/id'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Input, Select } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { useToast } from '../ui/toast.tsx'

const EFFECTS: readonly (readonly [Effect, string])[] = [
  ['delete', 'Objects are deleted'],
  ['restart', 'Pods restart'],
  ['scale', 'Workloads are scaled, also to zero'],
  ['unreachable', 'The control plane is away (nobody is paged for it)'],
]
const LENGTHS = [
  ['30m', '30 minutes'],
  ['1h', '1 hour'],
  ['2h', '2 hours'],
  ['4h', '4 hours'],
  ['8h', '8 hours'],
  ['12h', '12 hours, the longest'],
] as const
const SCOPE = [
  ['namespace', 'Namespace', 'nightly-*'],
  ['application', 'Application', ''],
  ['kind', 'Kind', ''],
  ['name', 'Name', ''],
] as const

type Scope = Partial<Record<(typeof SCOPE)[number][0], string>>

export function PlanDialog({ cluster, onClose }: { readonly cluster: string; readonly onClose: () => void }) {
  const [title, setTitle] = useState('')
  const [ticket, setTicket] = useState('')
  const [scope, setScope] = useState<Scope>({})
  const [effects, setEffects] = useState<readonly Effect[]>(['delete'])
  const [most, setMost] = useState('50')
  const [length, setLength] = useState('1h')
  const [start, setStart] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const key = useRef(newId())
  const router = useRouter()
  const toast = useToast()

  async function plan() {
    setBusy(true)
    const body = {
      title,
      ticket,
      selector: Object.fromEntries(Object.entries(scope).filter(([, glob]) => glob.trim() !== '')),
      effects,
      maxObjects: Number(most),
      for: length,
      ...(start === '' ? {} : { from: new Date(start).toISOString() }),
    }
    const answer = await call.post(`/clusters/${encodeURIComponent(cluster)}/planned-changes`, body, key.current)
    setBusy(false)
    if (!answer.ok) {
      if (answer.error.status !== 0) key.current = newId()
      return setWrong(answer.error.errors?.map((one) => one.message).join('; ') ?? answer.error.detail ?? answer.error.title)
    }
    onClose()
    toast({ tone: 'good', text: 'Planned. It ends by itself.' })
    router.refresh()
  }

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Plan a change on ${cluster}`}
      about="It covers only what is named here, and ends by itself."
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void plan()
        }}
      >
        <Field label="What will happen">
          <Input value={title} onChange={(event) => setTitle(event.target.value)} required minLength={3} maxLength={200} />
        </Field>
        <Field label="Ticket, if there is one">
          <Input value={ticket} onChange={(event) => setTicket(event.target.value)} maxLength={200} />
        </Field>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">To what: all that are given must fit, * stands for anything</legend>
          <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
            {SCOPE.map(([field, name, sample]) => (
              <Field key={field} label={name}>
                <Input
                  value={scope[field] ?? ''}
                  placeholder={sample}
                  className="font-mono text-sm"
                  onChange={(event) => setScope({ ...scope, [field]: event.target.value })}
                />
              </Field>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">What is to be expected</legend>
          {EFFECTS.map(([effect, words]) => (
            <label key={effect} className="flex min-h-8 items-center gap-2.5">
              <input
                type="checkbox"
                className="size-4"
                checked={effects.includes(effect)}
                onChange={(event) => setEffects(event.target.checked ? [...effects, effect] : effects.filter((one) => one !== effect))}
              />
              {words}
            </label>
          ))}
        </fieldset>
        <div className="grid grid-cols-1 gap-3 sm:grid-cols-3">
          <Field label="Begins" hint={start ? undefined : 'at once'}>
            <Input type="datetime-local" value={start} onChange={(event) => setStart(event.target.value)} />
          </Field>
          <Field label="Lasts">
            <Select value={length} onChange={(event) => setLength(event.target.value)}>
              {LENGTHS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          </Field>
          <Field label="At most, in objects" hint="More than this is told as ever.">
            <Input type="number" min={1} max={10_000} value={most} onChange={(event) => setMost(event.target.value)} required />
          </Field>
        </div>
        {wrong ? (
          <div role="alert" ref={(shown) => shown?.scrollIntoView({ block: 'nearest' })}>
            <Notice tone="danger" title="Not planned">
              {wrong}
            </Notice>
          </div>
        ) : null}
        <Button type="submit" look="primary" size="large" className="w-full" disabled={busy || effects.length === 0}>
          {busy ? 'Planning' : `Expect this on ${cluster}`}
        </Button>
      </form>
    </Dialog>
  )
}
