import { type KeyObject, sign, verify } from 'node:crypto'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readPublicKey } from '../config/signing-key.ts'
import type { Db } from '../db/client.ts'
import { signedText } from './rules.ts'
import { keepSignedHead, readHead, readSignedHeads, type SignedHeadRow } from './store.ts'

export type Signer = { readonly privateKey: KeyObject /** SPKI DER in base64. */; readonly publicKey: string }

export type SignContext = {
  readonly db: Pick<Db, 'pool'>
  readonly signer: Signer
  /** A JSON Lines file outside the database, to which every signed head is added; null for none. */
  readonly anchors: string | null
}

/**
 * Signs the head as it is now and keeps the signature; a head signed before is answered as it was.
 * Null while the chain is empty.
 */
export async function signHead(ctx: SignContext): Promise<SignedHeadRow | null> {
  const head = await readHead(ctx.db)
  if (head.seq === 0) return null
  const newest = (await readSignedHeads(ctx.db)).at(-1)
  if (newest && newest.seq === head.seq && newest.hash === head.hash && newest.publicKey === ctx.signer.publicKey) return newest
  const signedAt = new Date().toISOString()
  const signature = sign(null, Buffer.from(signedText({ ...head, signedAt })), ctx.signer.privateKey).toString('base64')
  const signed = { ...head, signedAt, signature, publicKey: ctx.signer.publicKey }
  await keepSignedHead(ctx.db, signed)
  if (ctx.anchors) {
    await anchor(ctx.anchors, signed)
  }
  return signed
}

async function anchor(file: string, signed: SignedHeadRow): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await appendFile(file, `${JSON.stringify(signed)}\n`, { mode: 0o600 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `The anchor file ${file} could not be written (${why}). Free some space there, or correct audit.anchors; the signed head is kept in the database.`,
      { cause: error },
    )
  }
}

/** Whether the signature is by `publicKey` (default: the key named beside it) over exactly this head. */
export function signatureHolds(signed: SignedHeadRow, publicKey: KeyObject = readPublicKey(signed.publicKey)): boolean {
  return verify(null, Buffer.from(signedText(signed)), publicKey, Buffer.from(signed.signature, 'base64'))
}

/** The heads anchored in a file; an unreadable line is skipped, a missing file has none. */
export async function readAnchors(file: string): Promise<SignedHeadRow[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as SignedHeadRow]
    } catch {
      return []
    }
  })
}

/** Signs every `everyMs` (default 15 min) while something was appended; the answer stops it. Errors are told, never thrown. */
export function keepSigning(ctx: SignContext, onError: (error: unknown) => void, everyMs = 15 * 60_000): () => void {
  const timer = setInterval(() => void signHead(ctx).catch(onError), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
