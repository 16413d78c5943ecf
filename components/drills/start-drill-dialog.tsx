'use client'
import { useRouter } from 'next/navigation'
import { useRef, useState } from 'react'
import type { ScenarioView } from '#lib/drills/view'
import { call } from '#lib/http/call'
import type { ClusterSummary } from '#lib/impact/view'
import { newId } from '#lib/kernel/id'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, Select } from '../ui/field.tsx'
import { useToast } from '../ui/toast.tsx'

const SPEEDS = [
  ['1', 'As fast as life'],
  ['5', 'Five times as fast'],
  ['20', 'Twenty times as fast'],
  ['max', 'As fast as it goes'],
] as const
const FILLS = { S: '60 Applications', M: '600 Applications', L: '2,000 Applications' } as const

type Props = {
  readonly scenario: ScenarioView
  readonly clusters: readonly Pick<ClusterSummary, 'name' | 'mode'>[]
  readonly onClose: () => void
}

export function StartDrillDialog({ scenario, clusters, onClose }: Props) {
  const grounds = clusters.filter((one) => one.mode === 'drill')
  const [speed, setSpeed] = useState<string>('1')
  const [cluster, setCluster] = useState(grounds[0]?.name ?? '')
  const [fill, setFill] = useState<keyof typeof FILLS>(scenario.fill)
  const [busy, setBusy] = useState(false)
  const key = useRef(newId())
  const router = useRouter()
  const toast = useToast()

  async function start() {
    setBusy(true)
    const answer = await call.post(
      '/drills',
      { scenario: scenario.name, speed: speed === 'max' ? 'max' : Number(speed), fill, ...(cluster ? { cluster } : {}), key: key.current },
      key.current,
    )
    setBusy(false)
    if (!answer.ok) {
      if (answer.error.status !== 0) key.current = newId()
      return toast({ tone: 'danger', text: `Not started: ${answer.error.detail ?? answer.error.title}` })
    }
    onClose()
    toast({ tone: 'good', text: 'The drill has begun. Watch the situation: nobody will tell you when it strikes.' })
    router.push('/')
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={scenario.title} about="The players are told only what is written here.">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void start()
        }}
      >
        <p className="border-l-4 border-edge bg-sunken px-4 py-2.5">{scenario.told}</p>
        <Field label="Ground" hint={cluster ? undefined : 'A simulated cluster is started for this drill and ended after it.'}>
          <Select value={cluster} onChange={(event) => setCluster(event.target.value)}>
            {grounds.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
            <option value="">A fresh sandbox</option>
          </Select>
        </Field>
        {cluster ? null : (
          <Field label="Filled with">
            <Select value={fill} onChange={(event) => setFill(event.target.value as keyof typeof FILLS)}>
              {Object.entries(FILLS).map(([size, what]) => (
                <option key={size} value={size}>
                  {what}
                </option>
              ))}
            </Select>
          </Field>
        )}
        <Field label="Speed" hint="The cluster's clock; durations and objectives run on it.">
          <Select value={speed} onChange={(event) => setSpeed(event.target.value)}>
            {SPEEDS.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </Select>
        </Field>
        <Button type="submit" look="primary" size="large" className="w-full" disabled={busy}>
          {busy ? 'Starting' : `Break ${cluster || 'a fresh sandbox'} on purpose`}
        </Button>
      </form>
    </Dialog>
  )
}
