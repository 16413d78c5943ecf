'use client'
import { useState } from 'react'
import type { StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Input, Textarea } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import type { Command, Commands } from './use-command.ts'
import { COMMAND } from './words.ts'

/** Commands that leave something behind that the review will ask about. */
const LEAVES: Record<string, string> = {
  skip: 'The step is closed as skipped; what needs it counts it as satisfied.',
  'accept-failure': 'The step is closed as failed and accepted; the run goes on without it.',
  override: 'The step is closed as unverified: its checks have not passed.',
  undo: 'A new attempt in the other direction; the same checks, reversed.',
  emergency: 'From here on the step goes another way, which the review will ask about. It wants an approval by a second person, always.',
  reopen: 'The step and what rests on it are open again.',
  decline: 'The approval is refused; the step goes back to whoever asked.',
  'approve-alone': 'Recorded and told to everybody as approved alone.',
  'record-done': 'It was done by hand. Blackstart does nothing and verifies.',
  abort: 'The run ends here. What is in force stays in force and stays in the ledger.',
  pause: 'Nothing new begins until somebody resumes. What is under way gets its answer.',
}

const CHIPS: Record<string, readonly string[]> = {
  skip: ['Not needed here', 'Done by hand elsewhere', 'Would do harm now'],
  'accept-failure': ['Known and harmless', 'Owner will mend it later', 'Cannot be mended tonight'],
  override: ['Check is wrong', 'Seen with my own eyes', 'Cannot be measured now'],
  undo: ['Wrong object', 'Made it worse', 'Plan has changed'],
  emergency: ['The planned way does not work', 'Waiting costs more'],
  reopen: ['It no longer holds', 'Was closed by mistake'],
  decline: ['Too wide', 'Wrong moment', 'Needs another look'],
  'approve-alone': ['Nobody else can be reached', 'Waiting costs more'],
  'record-done': ['Done with kubectl', 'Was so already'],
  abort: ['False alarm', 'Another runbook fits better', 'Recovered by other means'],
  pause: ['Waiting for a person', 'Something looks wrong', 'Handing over'],
}
const OPTIONAL = new Set(['record-done', 'pause'])
const TYPED = new Set(['override', 'approve-alone', 'emergency'])
const LOUD = new Set(['override', 'abort', 'approve-alone', 'undo', 'emergency'])

type Props = {
  readonly what: string
  readonly step: StepView | null
  readonly version: number
  readonly cluster: string
  readonly commands: Commands
  readonly onClose: () => void
}

/** Asks for a reason, by chip and text, and for the cluster's name where the act is that grave. */
export function CommandDialog({ what, step, version, cluster, commands, onClose }: Props) {
  const [chip, setChip] = useState('')
  const [text, setText] = useState('')
  const [typed, setTyped] = useState('')
  const reason = [chip, text.trim()].filter(Boolean).join(': ')
  const enough = (OPTIONAL.has(what) || reason.length >= 3) && (!TYPED.has(what) || typed === cluster)
  const name = what === 'abort' ? 'Abort the run' : what === 'pause' ? 'Pause the run' : (COMMAND[what] ?? what)

  async function submit() {
    const command = {
      do: what,
      ...(step ? { step: step.id } : {}),
      version,
      ...(reason ? { reason } : {}),
      ...(TYPED.has(what) ? { typed } : {}),
    } as Command
    if (await commands.send(command)) onClose()
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={name} about={step?.title}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (enough) void submit()
        }}
      >
        {what === 'emergency' && step?.emergency ? <p>{step.emergency}</p> : null}
        {LEAVES[what] ? <Notice tone={LOUD.has(what) ? 'danger' : 'plain'} title={LEAVES[what]} /> : null}
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium">
            Reason{OPTIONAL.has(what) ? <span className="font-normal text-soft"> (if there is something to say)</span> : null}
          </legend>
          <div className="flex flex-wrap gap-1.5">
            {(CHIPS[what] ?? []).map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={chip === one}
                onClick={() => setChip(chip === one ? '' : one)}
                className={classes(
                  'min-h-8 rounded-full border px-3 text-sm',
                  chip === one ? 'border-ink bg-ink text-paper' : 'border-edge hover:bg-sunken',
                )}
              >
                {one}
              </button>
            ))}
          </div>
        </fieldset>
        <Field label="In your words">
          <Textarea value={text} onChange={(event) => setText(event.target.value)} maxLength={1900} />
        </Field>
        {TYPED.has(what) ? (
          <Field label={`Type the cluster's name, ${cluster}`}>
            <Input
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className="font-mono"
            />
          </Field>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look={LOUD.has(what) ? 'danger' : 'primary'} disabled={!enough || commands.busy !== null}>
            {name}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
