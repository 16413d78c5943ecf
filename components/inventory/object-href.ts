type Ref = { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid?: string | undefined }

/** Where an object is shown: its own page by uid, or the list of objects that bear its name. */
export function objectHref(cluster: string, object: Ref): string {
  if (object.uid) return `/objects/${encodeURIComponent(cluster)}/${encodeURIComponent(object.uid)}`
  const query = new URLSearchParams({ cluster, kind: object.kind, q: object.name })
  if (object.namespace) query.set('namespace', object.namespace)
  return `/objects?${query}`
}
