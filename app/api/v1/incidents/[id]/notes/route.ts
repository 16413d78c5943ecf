import { endpoint } from '#lib/http/endpoint'
import { AddNote, addNote } from '#lib/impact/add-note'
import { NoteRow } from '#lib/impact/view'

export const POST = endpoint('incident.change', AddNote, addNote, {
  answers: NoteRow,
  status: 201,
  about: 'Adds a note, also of a moment gone by.',
})
