import { parse as parseYaml } from 'yaml'
import type { WriteRequest } from './body.ts'
import type { Obj } from './port.ts'
import { badRequest, type Cause, invalid } from './refusal.ts'

export type DeleteOptions = {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

const SCHEME = 'k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27'
const POLICIES = ['Foreground', 'Background', 'Orphan']

function decode({ text, contentType }: WriteRequest): Partial<Obj> & DeleteOptions {
  try {
    return (contentType.includes('yaml') ? parseYaml(text) : JSON.parse(text)) ?? {}
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: unexpected end of JSON input")
  }
}

/** Bodies may leave out their type; `meta.k8s.io` and every served group know DeleteOptions. */
function checkType({ kind, apiVersion }: Partial<Obj>, request: WriteRequest): void {
  if (kind === undefined || kind === 'DeleteOptions') return
  const scheme = request.kind.crd ? 'k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:64' : SCHEME
  throw badRequest(`no kind "${kind}" is registered for version "${apiVersion ?? ''}" in scheme "${scheme}"`)
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const grace = query.get('gracePeriodSeconds')
  const policy = query.get('propagationPolicy')
  const orphan = query.get('orphanDependents')
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: orphan === 'true' || orphan === '1' }),
  }
}

function wrongOptions({ propagationPolicy: policy, orphanDependents, dryRun }: DeleteOptions): Cause[] {
  const wrong: Cause[] = []
  if (policy !== undefined && orphanDependents !== undefined)
    wrong.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: "${policy}": orphanDependents and deletionPropagation cannot be both set`,
      field: 'propagationPolicy',
    })
  if (policy !== undefined && !POLICIES.includes(policy))
    wrong.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${policy}": supported values: ${[...POLICIES, 'nil'].map((each) => `"${each}"`).join(', ')}`,
      field: 'propagationPolicy',
    })
  if (dryRun?.some((each) => each !== 'All'))
    wrong.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
      field: 'dryRun',
    })
  return wrong
}

/**
 * The options of a DELETE, from its body or else from its query. Throws `ApiRefusal` 400 for a body that is none and 422
 * for options that do not go together (Kubernetes: apimachinery ValidateDeleteOptions).
 */
export function readDeleteOptions(request: WriteRequest): DeleteOptions {
  let options: DeleteOptions = fromQuery(request.query)
  if (request.text.trim() !== '') {
    const body = decode(request)
    checkType(body, request)
    options = body
  }
  const wrong = wrongOptions(options)
  if (wrong.length > 0) throw invalid({ plural: '', group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', wrong)
  return options
}
