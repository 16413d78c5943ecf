'use client'
import { CircleUser, LogOut } from 'lucide-react'
import type { MeView } from '#lib/auth/view'
import { call } from '#lib/http/call'
import { Menu, MenuItem, MenuLine, MenuName } from '../ui/menu.tsx'
import { useToast } from '../ui/toast.tsx'

export function PersonMenu({ me }: { readonly me: MeView }) {
  const toast = useToast()
  async function go(path: string, body: unknown, to: string | null) {
    const answer = await call.post(path, body)
    if (!answer.ok) return toast({ tone: 'danger', text: answer.error.detail ?? answer.error.title })
    if (to) location.assign(to)
    else location.reload()
  }
  return (
    <Menu
      trigger={
        <button type="button" className="flex h-8 items-center gap-2 rounded-md px-2 hover:bg-sunken">
          <CircleUser size={17} aria-hidden strokeWidth={1.7} />
          <span className="sr-only max-w-32 truncate sm:not-sr-only">{me.person.name}</span>
        </button>
      }
    >
      <p className="px-2.5 pt-2 font-medium">{me.person.name}</p>
      <p className="px-2.5 pb-2 text-sm text-soft">{me.roles.join(', ') || 'no role'}</p>
      {me.others.length > 0 ? (
        <>
          <MenuLine />
          <MenuName>Trial: go on as</MenuName>
          {me.others.map((other) => (
            <MenuItem key={other.id} onSelect={() => void go('/me/switch', { person: other.id }, null)}>
              <CircleUser size={15} aria-hidden />
              <span>{other.name}</span>
              <span className="ml-auto pl-4 text-sm text-soft">{other.roles.join(', ')}</span>
            </MenuItem>
          ))}
        </>
      ) : null}
      <MenuLine />
      <MenuItem onSelect={() => void go('/me/sign-out', {}, '/sign-in')}>
        <LogOut size={15} aria-hidden />
        Sign out
      </MenuItem>
    </Menu>
  )
}
