/** Recorded exchanges that the sandbox does not answer alike, each with its reason. Shrink it. */
export const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  create: {
    'custom resource fails its schema': 'the recorded definitions of Argo CD carry no schema to check against',
    'service of an existing clusterIP': 'cluster addresses are not allocated',
  },
  patch: {
    'JSON patch: wrong type result': 'the refusal quotes the whole object, whose fields stand in another order here',
    'merge patch on a custom resource: schema refuses': 'the recorded definitions of Argo CD carry no schema to check against',
  },
  priority: {
    'one of many at once 0': 'throttling is played as a fault, not by load',
    'one of many at once 1': 'throttling is played as a fault, not by load',
  },
}
