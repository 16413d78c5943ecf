import type { ReactNode } from 'react'
import type { StepView } from '#lib/runs/view'
import { Notice } from '../ui/notice.tsx'
import { Clock } from '../ui/time.tsx'

type Props = { readonly step: StepView; readonly text: ReactNode; readonly alreadySo: boolean }

/** What stands in the way, what the step is for, how to go about it and what is dangerous. */
export function StepSays({ step, text, alreadySo }: Props) {
  return (
    <>
      <div className="mt-4 space-y-3" aria-live="polite">
        {step.regressed ? (
          <Notice
            tone="danger"
            title={
              <>
                This no longer holds, since <Clock at={step.regressed.at} />.
              </>
            }
          >
            {step.regressed.value}
          </Notice>
        ) : null}
        {step.trouble && alreadySo ? <Notice tone="busy" title={step.trouble} /> : null}
        {step.trouble && !alreadySo ? (
          <Notice
            tone={step.stage === 'failed' ? 'danger' : 'warn'}
            title={step.stage === 'failed' ? 'It failed.' : step.stage === 'blocked' ? 'It cannot begin yet.' : 'It cannot go on.'}
          >
            {step.trouble}
          </Notice>
        ) : null}
        {step.stage === 'closed' && step.reason ? <Notice title={`Closed with a reason: ${step.reason}`} /> : null}
      </div>

      {step.why ? <p className="mt-4 max-w-[68ch] text-lg">{step.why}</p> : null}
      {step.text ? <div className="prose mt-3 max-w-[68ch]">{text ?? <p className="whitespace-pre-wrap">{step.text}</p>}</div> : null}
      {step.danger && step.stage !== 'closed' ? (
        <div className="mt-4">
          <Notice tone="danger" title="Danger">
            {<span className="text-ink">{step.danger}</span>}
          </Notice>
        </div>
      ) : null}
      {step.answer !== null ? (
        <p className="mt-4">
          {step.ask} <strong className="font-semibold">{step.answer}</strong>
        </p>
      ) : null}
    </>
  )
}
