import { BookOpenCheck, Layers, LifeBuoy, Radar, Timer } from 'lucide-react'

/** Where one can go; `owns` are the paths that light the place up. */
export const PLACES = [
  { href: '/', name: 'Situation', icon: Radar, owns: ['/'] },
  { href: '/services', name: 'Services', icon: Layers, owns: ['/services', '/objects', '/changes', '/expected', '/clusters'] },
  { href: '/runbooks', name: 'Recovery', icon: LifeBuoy, owns: ['/runbooks', '/runs'] },
  { href: '/drills', name: 'Drills', icon: Timer, owns: ['/drills'] },
  { href: '/audit', name: 'Record', icon: BookOpenCheck, owns: ['/audit'] },
] as const
export type Place = (typeof PLACES)[number]

export function isHere(place: Place, path: string): boolean {
  return place.owns.some((own) => (own === '/' ? path === '/' : path === own || path.startsWith(`${own}/`)))
}
