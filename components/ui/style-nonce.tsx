'use client'

/** Dialogs lock scrolling with a style element of their own, which the content security policy admits only by this name. */
export function StyleNonce({ nonce }: { readonly nonce: string }) {
  if (typeof window !== 'undefined' && nonce) Object.assign(window, { __webpack_nonce__: nonce })
  return null
}
