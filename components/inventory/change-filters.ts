export type ChangeFilters = { readonly from: string; readonly to: string; readonly namespace: string; readonly actor: string }
const NAMES = ['from', 'to', 'namespace', 'actor'] as const

/** What an address asks for; a time that is none is left out. */
export function changeFiltersOf(params: { get(name: string): string | null }): ChangeFilters {
  const said = (name: string) => params.get(name)?.trim() ?? ''
  return { from: moment(said('from')), to: moment(said('to')), namespace: said('namespace'), actor: said('actor') }
}

function moment(text: string): string {
  const at = Date.parse(text)
  return text === '' || Number.isNaN(at) ? '' : new Date(at).toISOString()
}

export function changeQueryOf(filters: ChangeFilters): Record<string, string> {
  return Object.fromEntries(NAMES.flatMap((name) => (filters[name].trim() ? [[name, filters[name].trim()]] : [])))
}
