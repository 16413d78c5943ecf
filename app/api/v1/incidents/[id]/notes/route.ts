import { endpoint } from '#lib/http/endpoint'
import { AddNote, addNote } from '#lib/impact/add-note'

export const POST = endpoint('incident.change', AddNote, addNote, { status: 201, about: 'Adds a note, also of a moment gone by.' })
