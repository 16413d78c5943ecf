// Is a port free, and if not, whose is it?
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

/** `{port}` when it can be listened on (0 picks one), else `{trouble}`: a sentence with the remedy. */
export function probe(port, host) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve({ trouble: sentence(error, port, host) }))
    server.listen(port, host, () => {
      const got = server.address().port
      server.close(() => resolve({ port: got }))
    })
  })
}

function sentence(error, port, host) {
  if (error.code === 'EADDRINUSE') {
    const holder = holderOf(port)
    return `Port ${port} is already used${holder ? ` by pid ${holder.pid} (${holder.command})` : ''}. Stop that, or choose another: PORT=${port + 1} npm start`
  }
  if (error.code === 'EACCES') return `Port ${port} needs more rights than this user has. Choose one above 1023: PORT=3000 npm start`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return `HOST=${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`
  return `Port ${port} on ${host} cannot be opened: ${error.message}`
}

/** Linux only, and only for processes this user may look into. */
function holderOf(port) {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1))
    const inode = lines.map((line) => line.trim().split(/\s+/)).find((one) => one[1]?.endsWith(`:${hex}`) && one[3] === '0A')?.[9]
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const found = descriptors(pid).some((link) => link === `socket:[${inode}]`)
      if (found) return { pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 80) }
    }
  } catch {
    // No /proc here: the sentence goes without.
  }
  return null
}

function descriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}
