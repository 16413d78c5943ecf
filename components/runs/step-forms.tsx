'use client'
import { useState } from 'react'
import type { StepView } from '#lib/runs/view'
import { Button } from '../ui/button.tsx'
import { Field, Input, Textarea } from '../ui/field.tsx'
import type { Commands } from './use-command.ts'

type Props = { readonly step: StepView; readonly commands: Commands }

/** A question with its answers; what the figures propose is said, and chosen by a person. */
export function AnswerForm({ step, commands }: Props) {
  const proposed = step.answers.find((one) => one.proposed)
  const [answer, setAnswer] = useState(proposed?.value ?? '')
  const [reason, setReason] = useState('')
  const against = proposed !== undefined && answer !== '' && answer !== proposed.value
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        void commands.send({
          do: 'answer',
          step: step.id,
          version: step.version,
          answer,
          ...(reason.trim().length >= 3 ? { reason: reason.trim() } : {}),
        })
      }}
    >
      <fieldset>
        <legend className="mb-1 text-lg font-semibold">{step.ask}</legend>
        <div className="divide-y divide-line border-y border-line">
          {step.answers.map((one) => (
            <label key={one.value} className="flex cursor-pointer gap-3 px-1 py-2.5 has-checked:bg-sunken">
              <input
                type="radio"
                name={`answer-${step.id}`}
                value={one.value}
                checked={answer === one.value}
                onChange={() => setAnswer(one.value)}
                className="mt-1 size-4 accent-[var(--ink)]"
              />
              <span>
                <span className="font-medium">{one.value}</span>
                {one.proposed ? <span className="text-busy"> · proposed</span> : null}
                {one.leadsTo ? <span className="text-soft"> → {one.leadsTo}</span> : null}
                {one.because ? <span className="block text-sm text-soft">{one.because}</span> : null}
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {against ? (
        <Field label="Why not what is proposed?">
          <Textarea value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      ) : null}
      <Button
        type="submit"
        look="primary"
        size="large"
        className="w-full sm:w-auto"
        data-command="answer"
        disabled={answer === '' || commands.busy !== null || (against && reason.trim().length < 3)}
      >
        {answer === '' ? 'Choose an answer' : `Answer: ${answer}`}
      </Button>
    </form>
  )
}

/** A person's word, with the values that belong to it. */
export function ConfirmForm({ step, commands }: Props) {
  const [values, setValues] = useState<Record<string, string | boolean>>({})
  const missing = step.fields.filter((field) => field.required && field.type !== 'boolean' && !values[field.name])
  function submit() {
    const typed: Record<string, string | number | boolean> = {}
    for (const field of step.fields) {
      const value = values[field.name]
      if (field.type === 'boolean') typed[field.name] = value === true
      else if (value !== undefined && value !== '') typed[field.name] = field.type === 'number' ? Number(value) : String(value)
    }
    void commands.send({ do: 'confirm', step: step.id, version: step.version, values: typed })
  }
  return (
    <form
      className="max-w-lg space-y-4"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      {step.fields.map((field) =>
        field.type === 'boolean' ? (
          <label key={field.name} className="flex items-center gap-3 py-1">
            <input
              type="checkbox"
              className="size-4 accent-[var(--ink)]"
              checked={values[field.name] === true}
              onChange={(event) => setValues({ ...values, [field.name]: event.target.checked })}
            />
            {field.label}
          </label>
        ) : (
          <Field key={field.name} label={field.required ? field.label : `${field.label} (if known)`}>
            <Input
              type={field.type === 'number' ? 'number' : 'text'}
              step="any"
              value={String(values[field.name] ?? '')}
              onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
            />
          </Field>
        ),
      )}
      <Button
        type="submit"
        look="primary"
        size="large"
        className="w-full sm:w-auto"
        data-command="confirm"
        disabled={missing.length > 0 || commands.busy !== null}
      >
        Confirm: {step.title}
      </Button>
    </form>
  )
}
