import { generate } from 'selfsigned'

/** A certificate of its own for loopback, good for a year; it is its own authority in the kubeconfig. */
export async function createCertificate(): Promise<{ key: string; cert: string }> {
  const now = Date.now()
  const made = await generate([{ name: 'commonName', value: 'blackstart-sandbox' }], {
    keyType: 'ec',
    notBeforeDate: new Date(now - 60_000),
    notAfterDate: new Date(now + 365 * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { key: made.private, cert: made.cert }
}
