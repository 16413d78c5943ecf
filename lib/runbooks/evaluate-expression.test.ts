import { expect, test } from 'vitest'
import { evaluate, evaluateEach, fill, fillText } from './evaluate-expression.ts'

test('an expression sees each object in turn, and a missing field is no answer instead of false', async () => {
  const objects = [{ spec: { replicas: 0 } }, { spec: { replicas: 2 } }, { spec: {} }]
  const answers = await evaluateEach('object.spec.replicas == 0', {}, objects)
  expect(answers.map((one) => (one.ok ? one.value : 'no answer'))).toEqual([true, false, 'no answer'])
})

test('an expression that computes too long is stopped, and the objects after it still get their answers', async () => {
  const many = Array.from({ length: 700 }, (_, i) => i)
  const expression = 'object.n == 0 || object.many.all(a, object.many.all(b, object.many.exists(c, c + a + b >= 0)))'
  const answers = await evaluateEach(expression, {}, [
    { n: 0, many },
    { n: 1, many },
    { n: 0, many },
  ])
  expect(answers[0]).toEqual({ ok: true, value: true })
  expect(answers[1]).toMatchObject({ ok: false, why: expect.stringContaining('too expensive') })
  expect(answers[2]).toEqual({ ok: true, value: true })
})

test('bindings reach an expression, and results come back as plain JSON', async () => {
  expect(await evaluate('{"a": [1, size(params.list)]}', { params: { list: ['x', 'y', 'z'] } })).toEqual({ ok: true, value: { a: [1, 3] } })
  expect(await evaluate('1 +', {})).toMatchObject({ ok: false })
})

test('texts and fields are filled, and a field that is one expression keeps its type', async () => {
  const bindings = { argocd: { namespace: 'argocd' }, params: { n: 3 } }
  expect(await fillText('in ${argocd.namespace}', bindings)).toBe('in argocd')
  expect(await fill({ a: '${params.n}', b: ['ns-${argocd.namespace}'] }, bindings)).toEqual({ a: 3, b: ['ns-argocd'] })
  await expect(fill('${params.missing}', bindings)).rejects.toThrow(/missing/)
})
