import { probeHttp } from '../runs/checks/probe-client.ts'
import { isAllowed } from '../runs/checks/probe-rules.ts'

/** Asks the declared probe of a service: anything but an error is an answer. Null where its host is not among those that checks may reach. */
export function askProbe(hosts: readonly string[]) {
  return async (address: string): Promise<{ readonly answers: boolean; readonly told: string } | null> => {
    const url = URL.canParse(address) ? new URL(address) : null
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || !isAllowed(url.hostname, hosts)) return null
    const { status } = await probeHttp(url)
    return { answers: status < 400, told: String(status) }
  }
}
