/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  // Streams and Node's own machinery do not survive bundling.
  serverExternalPackages: [
    '@kubernetes/client-node',
    'pg',
    'pino',
    'prom-client',
    '@prisma/client',
    '@prisma/adapter-pg',
    'yaml',
    '@bufbuild/cel',
    '@bufbuild/protobuf',
  ],
  // `npm run check` runs tsc over the whole house; once is enough.
  typescript: { ignoreBuildErrors: true },
  logging: false,
  // A page cannot set a cookie while it is drawn; the route behind it can.
  rewrites: async () => ({ beforeFiles: [{ source: '/sign-in', has: [{ type: 'query', key: 'token' }], destination: '/api/v1/sign-in' }] }),
}

export default config
