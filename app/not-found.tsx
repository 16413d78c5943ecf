import { Missing } from '#components/shell/missing'

export default function NotFound() {
  return (
    <main className="mx-auto max-w-3xl px-6">
      <Missing />
    </main>
  )
}
