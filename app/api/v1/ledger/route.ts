import { listing } from '#lib/http/endpoint'
import { LedgerFilter, pageOf } from '#lib/http/schema'
import { listLedger } from '#lib/runs/list-runs'
import { LedgerRow } from '#lib/runs/view'

export const GET = listing('ledger.read', LedgerFilter, listLedger, { answers: pageOf(LedgerRow), about: 'Temporary changes in force.' })
