import { expect, test } from 'vitest'
import { isAllowed, isForbiddenAddress, splitHostPort } from './probe-rules.ts'

test.each([
  ['shop.example.org', ['shop.example.org'], true],
  ['Shop.Example.org.', ['shop.example.org'], true],
  ['a.example.org', ['*.example.org'], true],
  ['a.b.example.org', ['*.example.org'], false],
  ['example.org', ['*.example.org'], false],
  ['evil-example.org', ['example.org'], false],
  ['example.org.evil.net', ['example.org'], false],
  ['anything', [], false],
  ['anything', ['*'], true],
])('%s with %j: %s', (host, hosts, may) => expect(isAllowed(host, hosts)).toBe(may))

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  'fe80::1',
  'fd00:ec2::254',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  '255.255.255.255',
  '100.100.100.200',
])('nothing connects to %s', (address) => expect(isForbiddenAddress(address)).toBe(true))
test.each(['10.0.0.1', '127.0.0.1', '192.168.1.1', '8.8.8.8', '2001:db8::1', 'fd12:3456::1'])('%s may be connected to', (address) =>
  expect(isForbiddenAddress(address)).toBe(false),
)

test('host and port, and nothing else', () => {
  expect(splitHostPort('db.example.org:5432')).toEqual({ host: 'db.example.org', port: 5432 })
  expect(splitHostPort('[2001:db8::1]:443')).toEqual({ host: '2001:db8::1', port: 443 })
  for (const text of ['db', 'db:', 'db:0', 'db:99999', 'http://db:80', 'a b:1']) expect(splitHostPort(text)).toBeNull()
})
