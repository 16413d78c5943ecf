'use client'
import { useState } from 'react'
import type { RunView, StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Input, Select, Textarea } from '../ui/field.tsx'
import type { Commands } from './use-command.ts'

type Props = { readonly run: RunView; readonly commands: Commands; readonly onClose: () => void }

/** A step that the runbook does not have. Acts on objects are added through the API or the command line, with their sets. */
export function AddStepDialog({ run, commands, onClose }: Props) {
  const [title, setTitle] = useState('')
  const [kind, setKind] = useState<'confirm' | 'services'>('confirm')
  const [text, setText] = useState('')
  const [before, setBefore] = useState('')
  const open = run.phases.flatMap((phase) => phase.steps).filter((step) => step.stage === 'blocked' || step.stage === 'ready')

  async function submit() {
    const step =
      kind === 'confirm'
        ? { title: title.trim(), confirm: text.trim() || title.trim() }
        : { title: title.trim(), check: { services: 'all' as const, are: 'as-at-T0' as const } }
    if (await commands.send({ do: 'add-step', version: run.version, step, ...(before ? { before } : {}) })) onClose()
  }

  return (
    <Dialog
      open
      onOpenChange={(to) => !to && onClose()}
      title="Add a step"
      about="It is marked as not in the runbook, here and in the review."
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field label="What it is called">
          <Input value={title} onChange={(event) => setTitle(event.target.value)} required maxLength={200} autoComplete="off" />
        </Field>
        <Field label="What closes it">
          <Select value={kind} onChange={(event) => setKind(event.target.value === 'services' ? 'services' : 'confirm')}>
            <option value="confirm">Somebody does it and confirms</option>
            <option value="services">A check: every service is as it was at T0</option>
          </Select>
        </Field>
        {kind === 'confirm' ? (
          <Field label="What to do">
            <Textarea value={text} onChange={(event) => setText(event.target.value)} maxLength={4000} />
          </Field>
        ) : null}
        <Field label="Before which step">
          <Select value={before} onChange={(event) => setBefore(event.target.value)}>
            <option value="">Beside what is going on now</option>
            {open.map((step: StepView) => (
              <option key={step.id} value={step.id}>
                {step.title}
              </option>
            ))}
          </Select>
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="primary" disabled={title.trim() === '' || commands.busy !== null}>
            Add the step
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
