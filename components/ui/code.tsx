import { CopyButton } from './copy-button.tsx'

/** Commands as they would be typed, one a line, with a button to copy them all. */
export function Code({ lines, label = 'Copy' }: { readonly lines: readonly string[]; readonly label?: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key */}
      <pre tabIndex={0} className="overflow-x-auto p-3 pr-24 font-mono text-xs leading-5">
        {lines.join('\n')}
      </pre>
      <div className="absolute top-1.5 right-1.5 bg-sunken">
        <CopyButton text={lines.join('\n')} label={label} />
      </div>
    </div>
  )
}
