/** Lets at most so many in at once; who waits is let in by priority, then by arrival. */
export interface Gate {
  /** Resolves with the way out when it is our turn, or when `signal` aborts. */
  enter(priority: number, signal?: AbortSignal): Promise<() => void>
}

export function createGate(width: number): Gate {
  let inside = 0
  const waiting: { readonly priority: number; readonly go: () => void }[] = []

  function next(): void {
    while (inside < width && waiting.length > 0) {
      let best = 0
      for (let i = 1; i < waiting.length; i++) if ((waiting[i]?.priority ?? 0) < (waiting[best]?.priority ?? 0)) best = i
      const [chosen] = waiting.splice(best, 1)
      inside++
      chosen?.go()
    }
  }

  return {
    enter(priority, signal) {
      return new Promise((resolve) => {
        const one = { priority, go: () => resolve(once(leave)) }
        const leave = () => {
          inside--
          next()
        }
        signal?.addEventListener(
          'abort',
          () => {
            const place = waiting.indexOf(one)
            if (place < 0) return
            waiting.splice(place, 1)
            resolve(() => {})
          },
          { once: true },
        )
        waiting.push(one)
        next()
      })
    },
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}
