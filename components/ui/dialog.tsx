'use client'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import type { DialogProps } from './dialog-body.tsx'

const DialogBody = dynamic(() => import('./dialog-body.tsx').then((file) => file.DialogBody), { ssr: false })

/** A dialog; its code is fetched when the first one opens. */
export function Dialog(props: DialogProps) {
  const [wanted, setWanted] = useState(props.open)
  if (props.open && !wanted) setWanted(true)
  return wanted ? <DialogBody {...props} /> : null
}
