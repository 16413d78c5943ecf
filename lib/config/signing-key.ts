import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export type SigningKey = {
  readonly privateKey: KeyObject /** SPKI DER in base64. */
  readonly publicKey: string
  readonly publicPem: string
}

/** Reads the Ed25519 key (PKCS 8 in PEM), or makes one readable by its owner only, with its public half beside it as `.pub`. */
export async function readOrMakeSigningKey(file: string): Promise<SigningKey> {
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const { privateKey } = generateKeyPairSync('ed25519')
    try {
      await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process was quicker: its key is the one.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  const key = signingKey(await readFile(file, 'utf8'), file)
  if (!existsSync(`${file}.pub`)) await writeFile(`${file}.pub`, key.publicPem, { mode: 0o644 }).catch(() => {})
  return key
}

function signingKey(pem: string, file: string): SigningKey {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch (error) {
    throw new Error(`${file} holds no private key in PEM. Make one with: openssl genpkey -algorithm ed25519 -out ${file}`, { cause: error })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new Error(`${file} holds a key of type ${privateKey.asymmetricKeyType}; the head is signed with ed25519.`)
  const pub = createPublicKey(privateKey)
  return {
    privateKey,
    publicKey: pub.export({ type: 'spki', format: 'der' }).toString('base64'),
    publicPem: pub.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

/** A public key from PEM, or from the base64 of its DER; throws a sentence when it is neither. */
export function readPublicKey(text: string): KeyObject {
  try {
    const key = text.includes('BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Told below in one way.
  }
  throw new Error('This is no Ed25519 public key: give the PEM file, or the base64 that GET /api/v1/audit/head shows.')
}
