'use client'
import { Trouble } from '#components/shell/trouble'

export default function RootError({ error, retry }: { readonly error: Error & { digest?: string }; readonly retry: () => void }) {
  return (
    <main className="mx-auto max-w-3xl px-6">
      <Trouble code={error.digest} retry={retry} />
    </main>
  )
}
