/** An instant, RFC 3339, as a datetime-local input wants it; '' stays ''. Only in a browser, whose time zone it takes. */
export function localTime(at: string): string {
  if (at === '') return ''
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
