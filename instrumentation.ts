/** Runs once per server process, before the first request and never while building. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { startHouse } = await import('./lib/boot/load.ts')
    await startHouse()
  }
}
