import { Graph, layout } from '@dagrejs/dagre'
import type { Need } from './find-needs.ts'
import type { ImpactBoard } from './port.ts'
import type { GraphView } from './view.ts'

/** Steps away from the service that are drawn. */
const NEEDS_DEEP = 3
const NEEDED_DEEP = 2
/** More than this nobody reads; the rest is counted. */
const MOST = 36
const HEIGHT = 36

/** A service among those it needs and that need it, laid out from left to right; null where it has neither. */
export function drawNeeds(board: ImpactBoard, center: string, needs: readonly Need[]): GraphView | null {
  const chosen = new Set([center])
  let cut = 0
  const walk = (deep: number, next: (id: string) => readonly string[]) => {
    for (let ring = [center], depth = 0; depth < deep; depth++) {
      const found = [...new Set(ring.flatMap(next))].filter((id) => !chosen.has(id))
      const room = found.slice(0, Math.max(0, MOST - chosen.size))
      cut += found.length - room.length
      for (const id of room) chosen.add(id)
      ring = room
    }
  }
  walk(NEEDS_DEEP, (id) => needs.filter((need) => need.from === id).map((need) => need.to))
  walk(NEEDED_DEEP, (id) => needs.filter((need) => need.to === id).map((need) => need.from))
  if (chosen.size === 1) return null

  const drawn = needs.filter((need) => chosen.has(need.from) && chosen.has(need.to))
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: 4, marginy: 4 })
  graph.setDefaultEdgeLabel(() => ({}))
  // All as wide as the widest, so that lines have the whole gap between two columns.
  const width = Math.max(...[...chosen].map((id) => widthOf(board.row(id)?.name ?? id)))
  for (const id of chosen) graph.setNode(id, { width, height: HEIGHT })
  for (const { from, to } of drawn) graph.setEdge(from, to)
  layout(graph)
  const size = graph.graph() as { width?: number; height?: number }
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    cut,
    nodes: [...chosen].flatMap((id) => {
      const row = board.row(id)
      const { x, y, height } = graph.node(id) as Placed
      return row
        ? [
            {
              id,
              name: row.name,
              tier: row.tier,
              impact: row.impact,
              self: id === center,
              x: x - width / 2,
              y: y - height / 2,
              width,
              height,
            },
          ]
        : []
    }),
    edges: drawn.map(({ from, to, declared, why }) => ({
      from,
      to,
      declared,
      why,
      points: lineOf(
        graph.node(from) as Placed,
        graph.node(to) as Placed,
        (graph.edge(from, to) as { points?: readonly Point[] }).points ?? [],
      ),
    })),
  }
}

type Point = { readonly x: number; readonly y: number }
type Placed = Point & { readonly width: number; readonly height: number }

/** From the side of one that faces the other, through the bends between columns that lie apart. */
function lineOf(from: Placed, to: Placed, points: readonly Point[]): Point[] {
  const turn = from.x <= to.x ? 1 : -1
  const bends = points.length > 3 ? points.slice(1, -1) : []
  return [
    { x: from.x + (turn * from.width) / 2, y: from.y },
    ...bends.map(({ x, y }) => ({ x, y })),
    { x: to.x - (turn * to.width) / 2, y: to.y },
  ]
}

/** Room for the name in the interface's font, its shape and its tier. */
function widthOf(name: string): number {
  return Math.min(240, Math.max(96, 62 + name.length * 7.4))
}
