import Link from 'next/link'
import type { GraphView } from '#lib/impact/view'
import { ImpactShape } from '../impact/impact-mark.tsx'
import { IMPACT } from '../impact/words.ts'
import { serviceHref } from './service-href.ts'

/** Services and what they need, as the server laid them out: solid where declared, dashed where inferred, with each one's impact. */
export function NeedsGraph({ graph }: { readonly graph: GraphView }) {
  return (
    <figure data-graph={graph.nodes.length} className="min-w-0">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key */}
      <section className="overflow-x-auto py-4" tabIndex={0} aria-label="Needs as a graph; the list beside it says the same">
        <svg width={graph.width} height={graph.height} viewBox={`0 0 ${graph.width} ${graph.height}`}>
          <title>What needs what</title>
          <defs>
            <marker id="needs" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 .5 7.500 4 0 7.500z" fill="var(--edge)" />
            </marker>
          </defs>
          {graph.edges.map((edge) => (
            <path
              key={`${edge.from} ${edge.to}`}
              d={lineOf(edge.points)}
              fill="none"
              stroke="var(--edge)"
              strokeWidth="1.4"
              strokeDasharray={edge.declared ? undefined : '4 4'}
              markerEnd="url(#needs)"
            >
              <title>{edge.why}</title>
            </path>
          ))}
          {graph.nodes.map((node) => (
            <Node key={node.id} node={node} />
          ))}
        </svg>
      </section>
      <figcaption className="flex flex-wrap gap-x-6 gap-y-1 text-sm text-soft">
        <Key dashed={false}>declared: it binds</Key>
        <Key dashed>inferred: a hint</Key>
        {graph.cut > 0 ? <span>{graph.cut} further services are not drawn</span> : null}
      </figcaption>
    </figure>
  )
}

function Node({ node }: { readonly node: GraphView['nodes'][number] }) {
  const bad = IMPACT[node.impact].tone === 'danger' || IMPACT[node.impact].tone === 'warn'
  return (
    <Link href={serviceHref(node.id)} prefetch={false} aria-current={node.self ? 'page' : undefined} data-node={node.id}>
      <g transform={`translate(${node.x} ${node.y})`} className="group">
        <title>{`${node.name}: ${IMPACT[node.impact].word}. ${IMPACT[node.impact].means}`}</title>
        <rect
          width={node.width}
          height={node.height}
          rx="5"
          fill={node.self ? 'var(--sunken)' : 'var(--raised)'}
          stroke={bad ? `var(--${IMPACT[node.impact].tone})` : node.self ? 'var(--ink)' : 'var(--line)'}
          strokeWidth={node.self ? 2 : 1.2}
          className="group-hover:stroke-ink"
        />
        <g transform={`translate(11 ${node.height / 2 - 6})`}>
          <ImpactShape impact={node.impact} />
        </g>
        <text x="31" y={node.height / 2 + 4.5} fontSize="13" fontWeight={node.self ? 600 : 500} fill="var(--ink)">
          {short(node.name)}
        </text>
        <text x={node.width - 10} y={node.height / 2 + 4} fontSize="11" textAnchor="end" fill="var(--soft)">
          T{node.tier}
        </text>
      </g>
    </Link>
  )
}

function Key({ dashed, children }: { readonly dashed: boolean; readonly children: React.ReactNode }) {
  return (
    <span className="inline-flex items-center gap-2">
      <svg width="28" height="6" aria-hidden>
        <path d="M0 3h28" stroke="var(--edge)" strokeWidth="1.4" strokeDasharray={dashed ? '4 4' : undefined} />
      </svg>
      {children}
    </span>
  )
}

const LONGEST = 24
function short(name: string): string {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name
}

/** Level out of one point and into the next. */
function lineOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }))
  if (!first) return ''
  let from = first
  const curves = rest.map((to) => {
    const middle = (from.x + to.x) / 2
    const curve = `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`
    from = to
    return curve
  })
  return `M${first.x} ${first.y}${curves.join('')}`
}
