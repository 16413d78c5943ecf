const held = globalThis as typeof globalThis & { __blackstart?: Map<string, unknown> }

/**
 * One value per process and name. Boot, routes and pages each load their own copy of a module,
 * so a module variable is not shared between them; this is.
 */
export function once<T>(name: string, make: () => T): T {
  held.__blackstart ??= new Map()
  if (!held.__blackstart.has(name)) held.__blackstart.set(name, make())
  return held.__blackstart.get(name) as T
}
