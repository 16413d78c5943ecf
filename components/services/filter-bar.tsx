'use client'
import type { Impact } from '#lib/impact/schema'
import { IMPACT } from '../impact/words.ts'
import { Input, Select } from '../ui/field.tsx'
import type { Filters } from './service-filters.ts'

type Props = { readonly filters: Filters; readonly owners: readonly string[]; readonly onChange: (next: Filters) => void }

export function FilterBar({ filters, owners, onChange }: Props) {
  const set = (name: keyof Filters) => (event: { target: { value: string } }) => onChange({ ...filters, [name]: event.target.value })
  return (
    <search className="grid grid-cols-2 gap-2 sm:grid-cols-[minmax(12rem,1.6fr)_repeat(3,minmax(8rem,1fr))]">
      <Input
        type="search"
        aria-label="Find by name, namespace, owner or contact"
        placeholder="Name, namespace, owner"
        value={filters.q}
        onChange={set('q')}
        className="max-sm:col-span-2"
      />
      <Select aria-label="Impact" value={filters.impact} onChange={set('impact')}>
        <option value="">Any impact</option>
        {(Object.keys(IMPACT) as Impact[]).map((one) => (
          <option key={one} value={one}>
            {IMPACT[one].word}
          </option>
        ))}
      </Select>
      <Select aria-label="Tier" value={filters.tier} onChange={set('tier')}>
        <option value="">Any tier</option>
        {['0', '1', '2', '3'].map((one) => (
          <option key={one} value={one}>
            Tier {one}
          </option>
        ))}
      </Select>
      <Select aria-label="Owner" value={filters.owner} onChange={set('owner')} className="max-sm:col-span-2">
        <option value="">Any owner</option>
        <option value="-">No owner known</option>
        {owners.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </Select>
    </search>
  )
}
