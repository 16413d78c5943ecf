'use client'
import { ListTree } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import type { RunView } from '#lib/runs/view'
import { useBoard } from '../live/live-provider.tsx'
import { KindFrame } from '../shell/kind-frame.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { KeysDialog } from './keys-dialog.tsx'
import { RunNames } from './names.tsx'
import { RunAside } from './run-aside.tsx'
import { RunEnd } from './run-end.tsx'
import { RunHead } from './run-head.tsx'
import { StepList } from './step-list.tsx'
import { StepPanel } from './step-panel.tsx'
import { useCommand } from './use-command.ts'
import { useRunKeys } from './use-run-keys.ts'
import { wordOf } from './words.ts'

/** `texts` are the steps' instructions, rendered by the server from the document that the run has frozen. */
export function RunScreen({ painted, texts }: { readonly painted: RunView; readonly texts: Readonly<Record<string, ReactNode>> }) {
  const run = useBoard(`run:${painted.id}`, painted)
  const commands = useCommand(run.id)
  const [chosen, setChosen] = useState<string | null>(null)
  const [listOpen, setListOpen] = useState(false)
  const [keysOpen, setKeysOpen] = useState(false)
  const steps = useMemo(() => run.phases.flatMap((phase) => phase.steps), [run.phases])
  const ended = run.stage === 'closed' && chosen === null
  const shownId = chosen ?? run.current ?? (ended ? null : (steps[0]?.id ?? null))
  const at = steps.findIndex((step) => step.id === shownId)
  const step = steps[at]
  const followsCurrent = chosen === null || chosen === run.current
  useRunKeys({
    steps,
    shown: shownId,
    current: run.current,
    select: setChosen,
    claim: (one) => void commands.send({ do: one.claimedBy ? 'release' : 'claim', step: one.id, version: one.version }),
    help: () => setKeysOpen(true),
  })
  const list = (
    <StepList
      run={run}
      selected={shownId}
      onSelect={(id) => {
        setChosen(id === run.current ? null : id)
        setListOpen(false)
      }}
    />
  )
  return (
    <RunNames names={run.names}>
      <KindFrame kind={run.kind} />
      <RunHead run={run} commands={commands} />
      <Verdicts run={run} />
      <div className="gap-x-8 lg:grid lg:grid-cols-[16rem_minmax(0,1fr)] min-[85rem]:grid-cols-[15.5rem_minmax(0,1fr)_16rem] min-[100rem]:grid-cols-[18rem_minmax(0,1fr)_19rem]">
        <nav
          aria-label="Steps"
          className="no-print hidden border-r border-line pr-3 lg:sticky lg:top-16 lg:block lg:max-h-[calc(100dvh-5rem)] lg:self-start lg:overflow-y-auto"
        >
          {list}
        </nav>
        <div className="min-w-0">
          <div className="no-print mb-4 flex flex-wrap items-center gap-2">
            {steps.length > 0 ? (
              <Button size="small" className="lg:hidden" onClick={() => setListOpen(true)}>
                <ListTree size={15} aria-hidden />
                {step ? `Step ${at + 1} of ${steps.length}` : `All ${steps.length} steps`}
              </Button>
            ) : null}
            {run.stage === 'closed' && !ended ? (
              <Button size="small" onClick={() => setChosen(null)}>
                How it went
              </Button>
            ) : null}
            {followsCurrent || !run.current ? null : (
              <Button size="small" onClick={() => setChosen(null)}>
                To the step that is due
              </Button>
            )}
          </div>
          {ended ? (
            <RunEnd run={run} onOpen={setChosen} />
          ) : step ? (
            <StepPanel key={step.id} run={run} step={step} text={texts[step.id]} commands={commands} />
          ) : (
            <p className="text-soft">This run has no steps.</p>
          )}
          <div className="mt-10 gap-x-9 md:columns-2 min-[85rem]:hidden [&>section]:break-inside-avoid">
            <RunAside run={run} commands={commands} />
          </div>
        </div>
        <aside className="hidden min-[85rem]:block">
          <RunAside run={run} commands={commands} />
        </aside>
      </div>
      <Dialog open={listOpen} onOpenChange={setListOpen} title="Steps" shape="sheet">
        {list}
      </Dialog>
      {keysOpen ? <KeysDialog onClose={() => setKeysOpen(false)} /> : null}
    </RunNames>
  )
}

/** Tells by voice what each step has come to, when it comes to it; focus stays where it is. */
function Verdicts({ run }: { readonly run: RunView }) {
  const [seen, setSeen] = useState<ReadonlyMap<string, string>>(() => new Map())
  const [said, setSaid] = useState('')
  useEffect(() => {
    const now = new Map(run.phases.flatMap((phase) => phase.steps.map((step) => [step.id, `${step.title}: ${wordOf(step).word}`] as const)))
    const changed = [...now].filter(([id, text]) => seen.has(id) && seen.get(id) !== text).map(([, text]) => text)
    if (changed.length > 0) setSaid(changed.join('. '))
    if (changed.length > 0 || seen.size !== now.size) setSeen(now)
  }, [run.phases, seen])
  return (
    <p role="status" aria-live="polite" className="sr-only">
      {said}
    </p>
  )
}
