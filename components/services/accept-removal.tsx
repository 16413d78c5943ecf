'use client'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { call } from '#lib/http/call'
import { useMe } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Textarea } from '../ui/field.tsx'
import { useToast } from '../ui/toast.tsx'

/** Says that what is gone was meant to go. It stays in the list, greyed, with the reason. */
export function AcceptRemoval({
  cluster,
  namespace,
  name,
}: {
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const me = useMe()
  const toast = useToast()
  const router = useRouter()
  if (!me?.permissions.includes('service.accept-removal'))
    return <p className="text-sm text-soft">If it was meant to go, the incident lead can accept the removal.</p>

  async function send() {
    setBusy(true)
    const path = [cluster, 'services', namespace, name, 'accept-removal'].map(encodeURIComponent).join('/')
    const answer = await call.post(`/clusters/${path}`, { reason: reason.trim() })
    setBusy(false)
    if (!answer.ok) return toast({ tone: 'danger', text: `Not accepted: ${answer.error.detail ?? answer.error.title}` })
    setOpen(false)
    toast({ tone: 'good', text: `${name} counts as removed from now on.` })
    router.refresh()
  }
  return (
    <>
      <Button onClick={() => setOpen(true)}>It was meant to go</Button>
      {open ? (
        <Dialog
          open
          onOpenChange={setOpen}
          title={`Accept that ${name} is gone`}
          about="It counts as removed from now on, if nothing of it is left: greyed with your reason, never hidden. Data at risk in tiers 0 and 1 is told all the same."
        >
          <form
            className="space-y-4"
            onSubmit={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            <Field label="Why it was meant to go" hint="Three characters or more; it is kept in the record with your name.">
              <Textarea value={reason} onChange={(event) => setReason(event.target.value)} minLength={3} maxLength={2000} required />
            </Field>
            <div className="flex justify-end gap-2">
              <Button onClick={() => setOpen(false)}>Leave it</Button>
              <Button type="submit" look="primary" disabled={busy || reason.trim().length < 3}>
                Accept the removal
              </Button>
            </div>
          </form>
        </Dialog>
      ) : null}
    </>
  )
}
