import type { Metadata } from 'next'
import { SignInForm } from '#components/shell/sign-in-form'

export const metadata: Metadata = { title: 'Sign in' }
export const dynamic = 'force-dynamic'

export default async function SignInPage({ searchParams }: { readonly searchParams: Promise<{ problem?: string }> }) {
  const { problem } = await searchParams
  return <SignInForm problem={problem ?? null} />
}
