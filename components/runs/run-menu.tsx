'use client'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import type { RunView } from '#lib/runs/view'
import { useMe } from '../shell/me.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Input, Select } from '../ui/field.tsx'
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx'
import { AddStepDialog } from './add-step-dialog.tsx'
import { CommandDialog } from './command-dialog.tsx'
import type { Commands } from './use-command.ts'

/** Everything about the run as a whole that is not the next step. */
export function RunMenu({ run, commands }: { readonly run: RunView; readonly commands: Commands }) {
  const [asking, setAsking] = useState<'pause' | 'abort' | 'offer-handover' | 'add-step' | null>(null)
  return (
    <>
      <Menu
        trigger={
          <Button aria-label="More about this run">
            <Ellipsis size={16} aria-hidden />
          </Button>
        }
      >
        {run.held ? (
          <MenuItem onSelect={() => void commands.send({ do: 'resume', version: run.version })}>Resume</MenuItem>
        ) : (
          <MenuItem onSelect={() => setAsking('pause')}>Pause</MenuItem>
        )}
        <MenuItem onSelect={() => setAsking('add-step')}>Add a step</MenuItem>
        <MenuItem onSelect={() => setAsking('offer-handover')}>Hand over the lead</MenuItem>
        {run.stage === 'stabilizing' ? <MenuItem onSelect={() => void commands.send({ do: 'cleanup' })}>Begin the cleanup</MenuItem> : null}
        <MenuItem onSelect={() => window.print()}>Print</MenuItem>
        <MenuItem onSelect={() => window.location.assign(`/api/v1/runs/${run.id}/review.md`)}>The review so far</MenuItem>
        <MenuLine />
        <MenuItem danger onSelect={() => setAsking('abort')}>
          Abort the run
        </MenuItem>
      </Menu>
      {asking === 'add-step' ? (
        <AddStepDialog run={run} commands={commands} onClose={() => setAsking(null)} />
      ) : asking === 'offer-handover' ? (
        <Handover commands={commands} onClose={() => setAsking(null)} />
      ) : asking ? (
        <CommandDialog
          what={asking}
          step={null}
          version={run.version}
          cluster={run.clusters[0] ?? ''}
          commands={commands}
          onClose={() => setAsking(null)}
        />
      ) : null}
    </>
  )
}

function Handover({ commands, onClose }: { readonly commands: Commands; readonly onClose: () => void }) {
  const others = useMe()?.others ?? []
  const [to, setTo] = useState('')
  const [text, setText] = useState('')
  async function submit() {
    if (await commands.send({ do: 'offer-handover', to: to.trim(), ...(text.trim() ? { text: text.trim() } : {}) })) onClose()
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Hand over the lead" about="You stay the lead until it is accepted.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field label="To whom">
          {others.length > 0 ? (
            <Select value={to} onChange={(event) => setTo(event.target.value)} required>
              <option value="">Choose</option>
              {others.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </Select>
          ) : (
            <Input value={to} onChange={(event) => setTo(event.target.value)} required autoComplete="off" />
          )}
        </Field>
        <Field label="What they need to know">
          <Input value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        <Button type="submit" look="primary" disabled={to.trim() === '' || commands.busy !== null}>
          Offer the lead
        </Button>
      </form>
    </Dialog>
  )
}
