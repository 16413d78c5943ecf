'use client'
import { useCallback, useRef, useState } from 'react'
import { call } from '#lib/http/call'
import { newId } from '#lib/kernel/id'
import type { RunCommand } from '#lib/runs/schema'
import { useToast } from '../ui/toast.tsx'

type Without<T> = T extends unknown ? Omit<T, 'key'> : never
export type Command = Without<RunCommand>

/** Which version a command was sent for: until the board moves past it, the command is confirmed but not proved. */
export type Sent = { readonly step: string | null; readonly version: number; readonly do: string }

/** Sends commands of one run. A repeat after "no answer" carries the same key, so nothing is done twice. */
export function useCommand(run: string) {
  const toast = useToast()
  const unanswered = useRef<{ body: string; key: string } | null>(null)
  const [busy, setBusy] = useState<string | null>(null)
  const [sent, setSent] = useState<Sent | null>(null)

  const send = useCallback(
    async (command: Command): Promise<boolean> => {
      const body = JSON.stringify(command)
      const key = unanswered.current?.body === body ? unanswered.current.key : newId()
      setBusy(command.do)
      const answer = await call.post(`/runs/${run}/commands`, { ...command, key }, key)
      setBusy(null)
      unanswered.current = !answer.ok && answer.error.status === 0 ? { body, key } : null
      if (answer.ok) {
        setSent({
          step: 'step' in command && typeof command.step === 'string' ? command.step : null,
          version: 'version' in command ? (command.version ?? -1) : -1,
          do: command.do,
        })
        return true
      }
      const { code, status, detail, title } = answer.error
      const said = detail ?? title
      toast({
        tone: 'danger',
        text:
          code === 'stale-version'
            ? `Somebody was faster: ${said}. The screen shows how it stands now; look again before you decide.`
            : status === 0
              ? `No answer came, so it is not known whether it was done. Send it again: it will not be done twice. (${said})`
              : `Not done: ${said}`,
      })
      return false
    },
    [run, toast],
  )
  return { send, busy, sent }
}
export type Commands = ReturnType<typeof useCommand>
