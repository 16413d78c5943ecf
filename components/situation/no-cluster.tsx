import Link from 'next/link'
import { buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'

export function NoCluster() {
  return (
    <Empty
      title="No cluster is connected, so there is nothing to watch."
      action={
        <Link href="/drills" className={buttonClass('primary')}>
          Rehearse on the sandbox
        </Link>
      }
    >
      Name your clusters in <code className="font-mono text-sm">blackstart.yaml</code> (kubeconfig and context) and start again. Until then
      a drill brings a simulated platform with it.
    </Empty>
  )
}
