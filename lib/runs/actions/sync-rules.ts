import { at, dict, list, text } from '../../kernel/wire.ts'

/** Whether an Application's running or last operation is the one that this act asked for. */
export function carriesAct(application: unknown, act: string): boolean {
  const infos = [...list(at(application, 'operation', 'info')), ...list(at(application, 'status', 'operationState', 'operation', 'info'))]
  return infos.some((info) => text(dict(info).name) === 'blackstart.dev/act' && text(dict(info).value) === act)
}
