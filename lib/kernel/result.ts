/** A refusal is a value, a bug is a throw: what may be answered with "no" returns a `Result`. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value }
}

export function no<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error }
}
