/** Fields named twice in one object of a JSON text, by path, in order; the text is known to be valid JSON. */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  let at = 0
  const blank = () => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const string = (): string => {
    const from = at++
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    return JSON.parse(text.slice(from, ++at))
  }
  function object(path: string): void {
    const seen = new Set<string>()
    at++
    for (blank(); text[at] !== '}'; blank()) {
      if (text[at] === ',') at++
      blank()
      const name = string()
      const inner = path === '' ? name : `${path}.${name}`
      if (seen.has(name)) found.push(inner)
      seen.add(name)
      blank()
      at++
      value(inner)
    }
    at++
  }
  function array(path: string): void {
    at++
    let i = 0
    for (blank(); text[at] !== ']'; blank()) {
      if (text[at] === ',') at++
      value(`${path}[${i++}]`)
    }
    at++
  }
  function value(path: string): void {
    blank()
    if (text[at] === '{') object(path)
    else if (text[at] === '[') array(path)
    else if (text[at] === '"') string()
    else while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at++
  }
  value('')
  return found
}
