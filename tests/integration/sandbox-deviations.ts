/** Recorded exchanges that the sandbox does not answer alike, each with its reason. Shrink it. */
export const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  admission: {
    'delete is denied (dryRun)': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'delete is denied': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'binding set to Warn: dryRun passes with a warning': 'the binding was changed outside the recording',
    'webhook that refuses connections, Fail': 'the configuration was changed outside the recording',
    'quota exceeded: 403': 'resource quotas are not enforced',
  },
  apiservice: {
    'its group': 'aggregated API servers are not simulated',
    'its version: 503': 'aggregated API servers are not simulated',
    'a resource of it': 'aggregated API servers are not simulated',
    'aggregated discovery marks it Stale or leaves it out': 'aggregated API servers are not simulated',
    'its version now': 'aggregated API servers are not simulated',
    'NamespaceDeletionDiscoveryFailure after 8 s': 'aggregated API servers are not simulated',
  },
  apply: {
    'apply unknown field (strict)': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'fieldManager with invalid characters': 'field managers are not checked for control characters',
  },
  crd: {
    'name must be plural.group': 'the name of a definition is not checked against its names',
    'endpoint at once': 'a new definition is served at once, never 429',
    'schema violation': 'schemas of custom resources are not enforced',
    'missing required': 'schemas of custom resources are not enforced',
    'fieldSelector on a selectable field': 'follows from an object that the schema should have refused',
  },
  create: {
    'unknown field, fieldValidation=Strict': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'duplicate field, fieldValidation=Strict': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'custom resource fails its schema': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'service of an existing clusterIP': 'cluster addresses are not allocated',
    'NamespaceTerminating cause': 'the namespace was kept terminating from outside the recording',
    'NamespaceTerminating for a custom resource': 'the namespace was kept terminating from outside the recording',
  },
  delete: {
    'propagationPolicy and orphanDependents together': 'options of a deletion are not checked against each other',
    'malformed body': 'options of a deletion are not checked against each other',
    'body of another kind': 'options of a deletion are not checked against each other',
    'Background: delete the deployment': 'its state was made outside the recording',
    'Background at once: replicasets': 'its state was made outside the recording',
    'Background at once: pods': 'its state was made outside the recording',
    'Foreground: GET at once': 'its state was made outside the recording',
    'Foreground at once: replicasets': 'its state was made outside the recording',
    'Foreground at once: pods': 'its state was made outside the recording',
    'Foreground: GET after 0.4 s': 'its state was made outside the recording',
    'Orphan: GET at once': 'its state was made outside the recording',
    'delete a namespace with a uid precondition that fails': 'its state was made outside the recording',
  },
  discovery: {
    'aggregated /apis': 'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
    'aggregated /apis with fallbacks as client-go sends it':
      'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
    'aggregated /api not modified':
      'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
    'aggregated v2beta1 only':
      'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
    'unsupported media type':
      'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
    'discovery asked as Table':
      'negotiation of representations: this server answers with JSON instead of 406, and serves another set of groups',
  },
  'dry-run': {
    create: 'its state was made outside the recording',
    'nothing stored': 'its state was made outside the recording',
  },
  events: {
    'list (core/v1)': 'its state was made outside the recording (events of a real scheduler)',
    'the same as events.k8s.io/v1': 'its state was made outside the recording (events of a real scheduler)',
    'one object, newest problem': 'its state was made outside the recording (events of a real scheduler)',
    'limit on events': 'its state was made outside the recording (events of a real scheduler)',
    'event about an object in another namespace': 'events are not checked against the object they speak of',
  },
  list: {
    'events fieldSelector reportingComponent=default-scheduler': 'its state was made outside the recording',
    'events fieldSelector source=default-scheduler': 'its state was made outside the recording',
    'PartialObjectMetadataList of secrets': 'the recording is reduced (items left out)',
    'as=PartialObjectMetadata asked of a list': 'an answer is given where the real server insists on the list form',
    'Exact list of resourceVersion 1': 'history before the start is unknown here; the recorded server still had it',
    'continue token older than the compacted history': 'the recorded server was restarted and compacted by hand',
    'Exact list of a compacted resourceVersion': 'the recorded server was restarted and compacted by hand',
  },
  openapi: {
    'unknown group': 'the body of this 404 is text here',
  },
  patch: {
    'JSON patch: not an array': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'JSON patch: invalid result 422': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'JSON patch: wrong type result': 'the recorded definitions carry no schema, and bodies are not checked field by field',
    'strategic merge: container without the merge key':
      'the recorded definitions carry no schema, and bodies are not checked field by field',
    'merge patch on a custom resource: schema refuses':
      'the recorded definitions carry no schema, and bodies are not checked field by field',
    'patch with application/json': 'the recorded definitions carry no schema, and bodies are not checked field by field',
  },
  priority: {
    'one of many at once 0': 'throttling is played as a fault, not by load',
    'one of many at once 1': 'throttling is played as a fault, not by load',
  },
  'secrets-and-configmaps': {
    'secret of a service account token type without annotation':
      'the recorded definitions carry no schema, and bodies are not checked field by field',
    'over 1 MiB': 'only text counts to the size limit',
  },
  subresources: {
    'statefulset scale': 'its state was made outside the recording',
    'PUT scale': 'its state was made outside the recording',
    'PUT scale stale': 'its state was made outside the recording',
    'finalize with a stale resourceVersion': 'its state was made outside the recording',
    'finalize with an empty list while terminating': 'its state was made outside the recording',
    'namespace gone': 'its state was made outside the recording',
    'patch of a leftover: its namespace does not exist': 'its state was made outside the recording',
    'creation is refused': 'its state was made outside the recording',
    'namespace created again': 'its state was made outside the recording',
    'eviction refused by the budget: 429': 'its state was made outside the recording',
    'eviction dryRun': 'its state was made outside the recording',
    'eviction allowed: 201 Success': 'its state was made outside the recording',
    'pod log of a container that does not exist': 'its state was made outside the recording',
  },
  'version-health': {
    'GET /readyz?verbose': 'the single checks behind a health path are others',
    'GET /livez?verbose': 'the single checks behind a health path are others',
    'GET /readyz?verbose&exclude=etcd': 'the single checks behind a health path are others',
  },
  watch: {
    'deprecated /api/v1/watch path': 'the deprecated watch paths are not served',
    'continue on a watch': 'a continue token on a watch is ignored',
  },
}
