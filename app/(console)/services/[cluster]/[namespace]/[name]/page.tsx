import type { Metadata } from 'next'
import { ServiceScreen } from '#components/services/service-screen'
import { read } from '#lib/http/read'
import { showService } from '#lib/impact/show-service'

type Props = { readonly params: Promise<{ cluster: string; namespace: string; name: string }> }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) }
}

export default async function ServicePage({ params }: Props) {
  const [cluster, namespace, name] = (({ cluster, namespace, name }) => [cluster, namespace, name].map(decodeURIComponent))(await params)
  return (
    <ServiceScreen view={await read('service.read', showService, { cluster: cluster ?? '', service: `${cluster}/${namespace}/${name}` })} />
  )
}
