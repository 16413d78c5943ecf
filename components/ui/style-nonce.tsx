'use client'

/**
 * Dialogs lock scrolling with a style element of their own, which the content security policy admits only by this name.
 * The name of the document's first paint holds: a page that is painted again comes with a name that this document does not know.
 */
export function StyleNonce({ nonce }: { readonly nonce: string }) {
  if (typeof window !== 'undefined' && nonce && !('__webpack_nonce__' in window)) Object.assign(window, { __webpack_nonce__: nonce })
  return null
}
