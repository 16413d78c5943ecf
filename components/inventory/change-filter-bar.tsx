'use client'
import { Field, Input } from '../ui/field.tsx'
import { localTime } from '../ui/local-time.ts'
import { useInBrowser } from '../ui/now.ts'
import type { ChangeFilters } from './change-filters.ts'

const PRESETS = [
  ['last hour', 3_600_000],
  ['last 6 hours', 6 * 3_600_000],
  ['last day', 0],
  ['last week', 7 * 24 * 3_600_000],
] as const

type Props = {
  readonly filters: ChangeFilters
  readonly namespaces: readonly string[]
  readonly onChange: (next: ChangeFilters) => void
}

export function ChangeFilterBar({ filters, namespaces, onChange }: Props) {
  const local = useInBrowser()
  const at = (name: 'from' | 'to') => (event: { target: { value: string } }) =>
    onChange({ ...filters, [name]: event.target.value ? new Date(event.target.value).toISOString() : '' })
  const text = (name: 'namespace' | 'actor') => (event: { target: { value: string } }) =>
    onChange({ ...filters, [name]: event.target.value })
  return (
    <search>
      <div className="grid grid-cols-2 gap-2 lg:grid-cols-4">
        <Field label="From">
          <Input type="datetime-local" step={1} value={local ? localTime(filters.from) : ''} onChange={at('from')} />
        </Field>
        <Field label="To">
          <Input type="datetime-local" step={1} value={local ? localTime(filters.to) : ''} onChange={at('to')} />
        </Field>
        <Field label="Namespace">
          <Input
            value={filters.namespace}
            onChange={text('namespace')}
            list="namespaces"
            placeholder="any"
            spellCheck={false}
            autoComplete="off"
          />
        </Field>
        <Field label="Who">
          <Input value={filters.actor} onChange={text('actor')} placeholder="anybody" spellCheck={false} autoComplete="off" />
        </Field>
      </div>
      <datalist id="namespaces">
        {namespaces.filter(Boolean).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <p className="mt-1.5 flex flex-wrap gap-x-4 text-sm">
        {PRESETS.map(([name, ms]) => (
          <button
            key={name}
            type="button"
            className="min-h-6 underline underline-offset-2"
            onClick={() => onChange({ ...filters, from: ms ? new Date(Date.now() - ms).toISOString() : '', to: '' })}
          >
            {name}
          </button>
        ))}
      </p>
    </search>
  )
}
