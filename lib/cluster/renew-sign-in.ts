import { readFileSync } from 'node:fs'
import https from 'node:https'
import { at, type Dict, dict, text } from '../kernel/wire.ts'

export type SignIn = { readonly idToken: string; readonly refreshToken: string }

/**
 * Exchanges the refresh token of a kubeconfig's `auth-provider` of name `oidc` (kubectl's fields `idp-issuer-url`, `client-id`, `client-secret`,
 * `refresh-token`, `idp-certificate-authority[-data]`) at its issuer for a fresh id-token: OpenID Connect Core 1.0, section 12.
 * Throws with what the issuer said.
 */
export async function renewSignIn(config: Dict): Promise<SignIn> {
  const [issuer, refreshToken] = [text(config['idp-issuer-url']).replace(/\/$/, ''), text(config['refresh-token'])]
  if (refreshToken === '' || issuer === '')
    throw new Error('its id-token has ended, and the kubeconfig has no refresh-token and issuer to renew it')
  const ca = authority(config)
  const about = await ask(new URL(`${issuer}/.well-known/openid-configuration`), ca, null)
  if (text(about.issuer).replace(/\/$/, '') !== issuer) throw new Error(`${issuer} calls itself ${text(about.issuer)}`)
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: text(config['client-id']) })
  if (text(config['client-secret']) !== '') form.set('client_secret', text(config['client-secret']))
  const answer = await ask(new URL(text(about.token_endpoint)), ca, form.toString())
  if (text(answer.id_token) === '') throw new Error(`${issuer} answered without an id-token`)
  return { idToken: text(answer.id_token), refreshToken: text(answer.refresh_token) || refreshToken }
}

function authority(config: Dict): Buffer | undefined {
  const [file, data] = [text(config['idp-certificate-authority']), text(config['idp-certificate-authority-data'])]
  return file !== '' ? readFileSync(file) : data !== '' ? Buffer.from(data, 'base64') : undefined
}

async function ask(url: URL, ca: Buffer | undefined, form: string | null): Promise<Dict> {
  if (url.protocol !== 'https:') throw new Error(`the issuer has to speak https, not ${url.href}`)
  const headers = { accept: 'application/json', ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }
  const [status, body] = await new Promise<[number, string]>((resolve, reject) => {
    const sent = https.request(url, { method: form === null ? 'GET' : 'POST', headers, ca, timeout: 10_000 }, (response) => {
      let said = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        said += chunk
      })
      response.on('end', () => resolve([response.statusCode ?? 0, said]))
      response.on('error', reject)
    })
    sent.on('timeout', () => void sent.destroy(new Error(`${url.host} did not answer within 10 s`)))
    sent.on('error', reject)
    sent.end(form ?? undefined)
  })
  const answer = parsed(body)
  if (status !== 200) {
    const reason = text(at(answer, 'error_description')) || text(at(answer, 'error'))
    throw new Error(`${url.host} answered ${status}${reason ? `: ${reason}` : ''}`)
  }
  return answer
}

function parsed(body: string): Dict {
  try {
    return dict(JSON.parse(body))
  } catch {
    return {}
  }
}
