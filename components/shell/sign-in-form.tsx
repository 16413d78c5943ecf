'use client'
import { useState } from 'react'
import { call } from '#lib/http/call'
import { Button } from '../ui/button.tsx'
import { Field, Input } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { Mark } from './mark.tsx'

const PROBLEM: Record<string, string> = {
  'link-used': 'This link was used already, or is too old. The server prints a new one at each start.',
  'not-permitted': 'The demo people can only be used from the machine that runs this server, at its loopback address.',
  'bad-host': 'This server is not known under that host name.',
  starting: 'The server is still starting. Open the link again in a moment.',
}

export function SignInForm({ problem }: { readonly problem: string | null }) {
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState(problem ? (PROBLEM[problem] ?? 'Signing in did not work.') : '')
  async function submit() {
    setBusy(true)
    const answer = await call.post('/sign-in', { token: token.trim().replace(/^.*token=/, '') })
    if (answer.ok) return location.assign('/')
    setBusy(false)
    setSaid(answer.error.detail ?? answer.error.title)
  }
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-6 py-12">
      <p className="mb-8 flex items-center gap-3 text-xl font-semibold tracking-tight">
        <Mark size={26} />
        Blackstart
      </p>
      <h1 className="text-2xl font-semibold tracking-tight">Sign in</h1>
      <p className="mt-2 mb-6 text-soft">The server printed a link when it started. Open it, or paste it here.</p>
      <div role="alert">
        {said ? (
          <div className="mb-5">
            <Notice tone="warn" title={said} />
          </div>
        ) : null}
      </div>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <Field label="Link or token">
          <Input
            value={token}
            onChange={(event) => setToken(event.target.value)}
            required
            minLength={16}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            className="font-mono"
          />
        </Field>
        <Button type="submit" look="primary" size="large" className="w-full" disabled={busy || token.trim().length < 16}>
          {busy ? 'Signing in' : 'Sign in'}
        </Button>
      </form>
    </main>
  )
}
