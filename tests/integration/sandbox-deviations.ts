/** Recorded exchanges that the sandbox does not answer alike, each with its reason. Shrink it. */
export const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  patch: {
    'JSON patch: wrong type result': 'the refusal quotes the whole object, whose fields stand in another order here',
  },
  priority: {
    'one of many at once 0': 'throttling is played as a fault, not by load',
    'one of many at once 1': 'throttling is played as a fault, not by load',
  },
}
