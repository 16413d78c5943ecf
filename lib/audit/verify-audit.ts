import { createHash, type KeyObject } from 'node:crypto'
import type { Permit } from '../auth/schema.ts'
import type { Db } from '../db/client.ts'
import { ok, type Result } from '../kernel/result.ts'
import { type Bad, feed, finish, isBad, startVerification } from './machine.ts'
import type { StoredEntry } from './rules.ts'
import { readAnchors, signatureHolds } from './sign-head.ts'
import { type Head, readSnapshot, type SignedHeadRow } from './store.ts'
import type { AuditVerdict } from './view.ts'

/** Compares what a domain shows with the fold of its entries; null when they agree. */
export type Fold = { readonly name: string; check(): Promise<string | null> }

export type VerifyContext = { readonly db: Pick<Db, 'pool'>; readonly anchors?: string | null; readonly folds?: readonly Fold[] }
export type VerifyInput = { readonly fold?: boolean | undefined }

/** Verifies the whole chain in the database and names the first bad entry. */
export async function verifyAudit(
  ctx: VerifyContext,
  _permit: Permit<'audit.verify'>,
  input: VerifyInput,
): Promise<Result<AuditVerdict, never>> {
  return ok(await checkDatabase(ctx, input))
}

/** The same for the command line, which has no permit to show. */
export async function checkDatabase(
  ctx: VerifyContext,
  input: VerifyInput & { readonly publicKey?: KeyObject | undefined } = {},
): Promise<AuditVerdict> {
  const started = performance.now()
  const anchors = ctx.anchors ? await readAnchors(ctx.anchors) : []
  const found = await readSnapshot(ctx.db, ({ head, signed, entries }) => check(entries(), head, [...signed, ...anchors], input.publicKey))
  const bad = found.bad ?? (input.fold ? await checkFolds(ctx.folds ?? []) : null)
  return { ok: bad === null, entries: found.entries, head: found.head, tookMs: Math.round(performance.now() - started), bad }
}

/** Verifies an export's lines offline: its last line is the signed head, which `publicKey` (default: the key in it) must have signed. */
export async function checkExport(lines: AsyncIterable<string>, publicKey?: KeyObject): Promise<AuditVerdict> {
  const started = performance.now()
  let signed: SignedHeadRow | null = null
  async function* entries(): AsyncGenerator<StoredEntry> {
    for await (const line of lines) {
      if (line.trim() === '') continue
      const one = JSON.parse(line) as StoredEntry | { signedHead: SignedHeadRow }
      if ('signedHead' in one) signed = one.signedHead
      else yield { ...one, seq: String(one.seq) }
    }
  }
  const walked = await walk(entries(), new Map())
  const head = signed as SignedHeadRow | null
  const bad =
    walked.bad ??
    (head
      ? (finish(walked.state, head) ?? checkSignature(head, publicKey))
      : { seq: walked.entries, what: 'head' as const, message: 'The export does not end with a signed head: its end may be missing.' })
  return { ok: bad === null, entries: walked.entries, head: walked.head, tookMs: Math.round(performance.now() - started), bad }
}

async function check(entries: AsyncIterable<StoredEntry>, head: Head, signed: readonly SignedHeadRow[], publicKey: KeyObject | undefined) {
  const bySeq = Map.groupBy(signed, (one) => one.seq)
  const walked = await walk(entries, bySeq, publicKey)
  const ahead = signed.find((one) => one.seq > head.seq)
  const bad =
    walked.bad ??
    finish(walked.state, head) ??
    (ahead
      ? {
          seq: head.seq + 1,
          what: 'removed' as const,
          message: `Entries ${head.seq + 1} to ${ahead.seq} were removed: a head signed at ${ahead.signedAt} contains them.`,
        }
      : null)
  return { ...walked, bad }
}

async function walk(entries: AsyncIterable<StoredEntry>, signed: ReadonlyMap<number, readonly SignedHeadRow[]>, publicKey?: KeyObject) {
  let state = startVerification()
  let bad: Bad | null = null
  for await (const row of entries) {
    const next = feed(state, row, sha256)
    bad = isBad(next) ? next : checkSigned(row, signed.get(Number(row.seq)) ?? [], publicKey)
    if (bad || isBad(next)) break
    state = next
  }
  return { state, bad, entries: state.entries, head: state.last?.hash ?? '' }
}

function checkSigned(row: StoredEntry, signed: readonly SignedHeadRow[], publicKey?: KeyObject): Bad | null {
  for (const one of signed) {
    if (one.hash !== row.hash) {
      return {
        seq: one.seq,
        what: 'signature',
        message: `The chain was rewritten at or before entry ${one.seq}: the head signed at ${one.signedAt} has another hash.`,
      }
    }
    const bad = checkSignature(one, publicKey)
    if (bad) return bad
  }
  return null
}

function checkSignature(signed: SignedHeadRow, publicKey?: KeyObject): Bad | null {
  let holds = false
  try {
    holds = signatureHolds(signed, publicKey)
  } catch {
    // An unreadable key or signature holds nothing.
  }
  return holds
    ? null
    : {
        seq: signed.seq,
        what: 'signature',
        message: `The signature of head ${signed.seq} is not by ${publicKey ? 'the given key' : 'the key beside it'}.`,
      }
}

async function checkFolds(folds: readonly Fold[]): Promise<Bad | null> {
  for (const fold of folds) {
    const differs = await fold.check()
    if (differs) return { seq: 0, what: 'fold', message: `${fold.name}: ${differs}` }
  }
  return null
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
