'use client'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button, type ButtonLook } from './button.tsx'

type Props = {
  readonly text: string | (() => string)
  readonly label: string
  readonly look?: ButtonLook
  readonly size?: 'small' | 'medium'
}

export function CopyButton({ text, label, look = 'plain', size = 'small' }: Props) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === 'function' ? text() : text)
      setState('copied')
    } catch {
      setState('failed')
    }
    setTimeout(() => setState('idle'), 2500)
  }
  return (
    <Button look={look} size={size} onClick={() => void copy()}>
      {state === 'copied' ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
      <span aria-live="polite">{state === 'copied' ? 'Copied' : state === 'failed' ? 'The browser refused to copy' : label}</span>
    </Button>
  )
}
