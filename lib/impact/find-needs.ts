import type { Look } from '../argocd/schema.ts'
import { definersOf, inferNeeds } from '../services/need-rules.ts'
import type { ImpactBoard } from './port.ts'

/** One service needs another; declared needs bind, inferred ones are hints. */
export type Need = { readonly from: string; readonly to: string; readonly declared: boolean; readonly why: string }

/** Every need between the services of a cluster; of two reasons for one, the declared stands. */
export function findNeeds(board: ImpactBoard, look: Look): readonly Need[] {
  const needs = new Map<string, Need>()
  const add = (need: Need) => {
    const key = `${need.from} ${need.to}`
    if (need.from !== need.to && !needs.has(key)) needs.set(key, need)
  }
  const rows = board.rows()
  const named = idsByWord(board)
  const definers = definersOf(look)
  for (const { id } of rows)
    for (const word of board.service(id)?.dependsOn ?? [])
      for (const to of named.get(word) ?? []) add({ from: id, to, declared: true, why: `as ${word}` })
  for (const { id } of rows) {
    const members = (board.service(id)?.members ?? []).flatMap((uid) => look.get(uid) ?? [])
    for (const { home, why } of inferNeeds(members, look, definers))
      if (board.row(`${board.cluster}/${home}`)) add({ from: id, to: `${board.cluster}/${home}`, declared: false, why })
  }
  return [...needs.values()]
}

/** A service is meant by its id, by `namespace/name`, or by its name alone. */
function idsByWord(board: ImpactBoard): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const row of board.rows())
    for (const word of new Set([row.id, `${row.namespace}/${row.name}`, row.name])) ids.set(word, [...(ids.get(word) ?? []), row.id])
  return ids
}
