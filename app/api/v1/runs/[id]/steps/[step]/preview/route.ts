import { reading } from '#lib/http/endpoint'
import { StepOfRun } from '#lib/http/schema'
import { previewStep } from '#lib/runs/preview-step'
import { PreviewView } from '#lib/runs/view'

export const GET = reading('run.read', StepOfRun, previewStep, {
  answers: PreviewView,
  about: 'What a step would do now; changes nothing.',
})
