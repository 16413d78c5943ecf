'use client'
import { RotateCw } from 'lucide-react'
import type { Problem } from '#lib/http/call'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

/** A question had no answer: what it was, that the rest stands, and a way to ask again. */
export function NotHeard({
  what,
  trouble,
  again,
}: {
  readonly what: string
  readonly trouble: Problem | null
  readonly again: () => void
}) {
  return (
    <div role="status">
      {trouble ? (
        <div className="mb-4">
          <Notice
            tone="warn"
            title={`${what} could not be read again. What stands here is from before.`}
            action={
              <Button size="small" onClick={again}>
                <RotateCw size={13} aria-hidden />
                Ask again
              </Button>
            }
          >
            {trouble.detail ?? trouble.title}
          </Notice>
        </div>
      ) : null}
    </div>
  )
}
