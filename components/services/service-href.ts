/** Where a service is shown; its id is `<cluster>/<namespace>/<name>`. */
export function serviceHref(id: string): string {
  return `/services/${id.split('/').map(encodeURIComponent).join('/')}`
}
