// Loaded before the server: when whoever started it is gone (kill -9), the server stops in order instead of keeping the port.
const parent = process.ppid
if (process.env.BLACKSTART_STARTED_BY === String(parent)) {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}
