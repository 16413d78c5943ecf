'use client'
import { Trouble } from '#components/shell/trouble'

export default function ConsoleError({ error, retry }: { readonly error: Error & { digest?: string }; readonly retry: () => void }) {
  return <Trouble code={error.digest} retry={retry} />
}
