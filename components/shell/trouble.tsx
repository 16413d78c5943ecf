'use client'
import { Button } from '../ui/button.tsx'

const SAID: Record<string, { readonly title: string; readonly what: string }> = {
  'not-permitted': {
    title: 'Your roles do not allow this.',
    what: 'Ask an administrator or the incident lead; everything else on the left still works.',
  },
  'database-away': {
    title: 'The database does not answer.',
    what: 'The situation still shows the live state, read only. Nothing is lost: what was confirmed is stored.',
  },
  'database-full': {
    title: 'The database’s disk is full.',
    what: 'Nothing can be recorded, so nothing is done. Free some space there and try again; the situation still shows the live state.',
  },
  starting: { title: 'Blackstart is still starting.', what: 'It reads the clusters first. Try again in a moment.' },
  'cluster-unreachable': { title: 'The cluster does not answer.', what: 'Its last known state is on the situation, with its age.' },
}

/** What failed, what still works, and a way to try again. `code` is the refusal's, when the server gave one. */
export function Trouble({ code, retry }: { readonly code: string | undefined; readonly retry: () => void }) {
  const said = SAID[code ?? ''] ?? {
    title: 'This page could not be made.',
    what: 'The clusters are still watched and runs go on; only this page failed.',
  }
  return (
    <div className="max-w-prose py-10" role="alert">
      <h1 className="text-2xl font-semibold tracking-tight">{said.title}</h1>
      <p className="mt-2 text-soft">{said.what}</p>
      {code ? <p className="mt-2 font-mono text-xs text-soft">{code}</p> : null}
      <div className="mt-5">
        <Button look="primary" onClick={retry}>
          Try again
        </Button>
      </div>
    </div>
  )
}
