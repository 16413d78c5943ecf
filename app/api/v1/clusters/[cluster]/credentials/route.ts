import { listing } from '#lib/http/endpoint'
import { CredentialsView, ListCredentials, listCredentials } from '#lib/inventory/list-credentials'

export const GET = listing('cluster.read', ListCredentials, listCredentials, {
  answers: CredentialsView,
  about: 'Credentials that something needs, known from what refers to them; missing ones first. No Secret is read.',
})
