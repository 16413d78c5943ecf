import type { Metadata } from 'next'
import { DrillsScreen } from '#components/drills/drills-screen'
import { listDrills } from '#lib/drills/list-drills'
import { listScenarios } from '#lib/drills/list-scenarios'
import { read } from '#lib/http/read'
import { readSituation } from '../read-situation.ts'

export const metadata: Metadata = { title: 'Drills' }

export default async function DrillsPage() {
  const [scenarios, drills, { clusters }] = await Promise.all([
    read('drill.read', listScenarios, {}),
    read('drill.read', listDrills, { limit: 100 }),
    readSituation(),
  ])
  return <DrillsScreen scenarios={scenarios.items} drills={drills.items} clusters={clusters} />
}
