import ReactMarkdown from 'react-markdown'
import rehypeSanitize from 'rehype-sanitize'

/** Text of a runbook, which is untrusted. Rendered on the server only: neither parser reaches the browser. */
export function Markdown({ text }: { readonly text: string }) {
  return <ReactMarkdown rehypePlugins={[rehypeSanitize]}>{text}</ReactMarkdown>
}
