import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { headers } from 'next/headers'
import type { ReactNode } from 'react'
import { StyleNonce } from '#components/ui/style-nonce'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'Blackstart', template: '%s · Blackstart' },
  description: 'Brings a Kubernetes and Argo CD platform back, one verified step at a time.',
}
export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfbf8' },
    { media: '(prefers-color-scheme: dark)', color: '#0e1112' },
  ],
}

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? ''
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>
        <StyleNonce nonce={nonce} />
        {children}
      </body>
    </html>
  )
}
