'use client'
import type { ObjectsView } from '#lib/impact/view'
import { Input, Select } from '../ui/field.tsx'
import { HEALTHS, type ObjectFilters } from './object-filters.ts'

type Props = { readonly view: ObjectsView; readonly filters: ObjectFilters; readonly onChange: (next: ObjectFilters) => void }

export function ObjectFilterBar({ view, filters, onChange }: Props) {
  const set = (name: keyof ObjectFilters) => (event: { target: { value: string } }) => onChange({ ...filters, [name]: event.target.value })
  return (
    <search className="grid grid-cols-2 gap-2 lg:grid-cols-[minmax(12rem,1.6fr)_repeat(4,minmax(7rem,1fr))]">
      <Input
        type="search"
        aria-label="Find by kind, namespace or name"
        placeholder="Kind, namespace, name"
        value={filters.q}
        onChange={set('q')}
        className="max-lg:col-span-2"
      />
      <Select aria-label="Kind" value={filters.kind} onChange={set('kind')}>
        <option value="">Any kind</option>
        {withChosen(
          view.kinds.map((one) => ({ value: one.kind, count: one.count })),
          filters.kind,
        )}
      </Select>
      <Select aria-label="Namespace" value={filters.namespace} onChange={set('namespace')}>
        <option value="">Any namespace</option>
        {withChosen(
          view.namespaces.map((one) => ({ value: one.name, count: one.count })),
          filters.namespace,
        )}
      </Select>
      <Select aria-label="Health" value={filters.health} onChange={set('health')}>
        <option value="">Any health</option>
        {HEALTHS.map((one) => (
          <option key={one} value={one}>
            {one === 'none' ? 'not rated' : one === 'deleting' ? 'being deleted' : one}
          </option>
        ))}
      </Select>
      <Select aria-label="Service" value={filters.service} onChange={set('service')}>
        <option value="">Any service or none</option>
        <option value="-">Belongs to no service</option>
        {filters.service && filters.service !== '-' ? <option value={filters.service}>{filters.service.split('/').at(-1)}</option> : null}
      </Select>
    </search>
  )
}

/** What was chosen stays in the list when the last of it is gone. */
function withChosen(all: readonly { readonly value: string; readonly count: number }[], chosen: string) {
  const held = chosen === '' || all.some((one) => one.value === chosen) ? all : [{ value: chosen, count: 0 }, ...all]
  return held.map((one) => (
    <option key={one.value} value={one.value}>
      {one.value} ({one.count})
    </option>
  ))
}
