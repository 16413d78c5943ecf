/** Which hosts may be probed, and where to ask for figures. */
export type ProbeConfig = { readonly hosts: readonly string[]; readonly prometheus?: string | undefined }

export const NO_PROBES: ProbeConfig = { hosts: [] }

/** Whether a host stands in the list; `*` stands for one label. */
export function isAllowed(host: string, hosts: readonly string[]): boolean {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.')
  return hosts.some((pattern) => {
    const wanted = pattern.toLowerCase().split('.')
    return wanted.length === labels.length && wanted.every((label, i) => label === '*' || label === labels[i])
  })
}

/**
 * Addresses that no probe connects to, whatever name leads there: link-local, where clouds serve their metadata, the
 * metadata address of AWS in IPv6, unspecified, multicast and broadcast. A name can be pointed anywhere by whoever owns it.
 */
export function isForbiddenAddress(address: string): boolean {
  const v4 = /^(?:::ffff:)?(\d+)\.(\d+)\.\d+\.\d+$/i.exec(address)
  if (v4) {
    const [first, second] = [Number(v4[1]), Number(v4[2])]
    return first === 0 || (first === 169 && second === 254) || first >= 224 || /^(?:::ffff:)?100\.100\.100\.200$/i.test(address)
  }
  const v6 = address.toLowerCase()
  return v6 === '::' || /^fe[89ab]/.test(v6) || v6.startsWith('ff') || v6 === 'fd00:ec2::254' || v6.startsWith('::ffff:')
}

/** `host:port`, with an IPv6 address in brackets; null when it is not. */
export function splitHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:/\s]+)):(\d{1,5})$/i.exec(text)
  const port = Number(found?.[3] ?? 0)
  const host = found?.[1] ?? found?.[2] ?? ''
  return host && port > 0 && port < 65_536 ? { host, port } : null
}
