/** Reports on one long step at a time; a terminal sees seconds count, a log a line now and then. */
export type Progress = {
  readonly say: (step: string) => void
  readonly end: (outcome: string) => void
}

const logEveryMs = 30_000

/** Starts a line such as `kube-apiserver v1.36.3  compiling  45 s` on stderr. */
export function startProgress(title: string): Progress {
  const start = Date.now()
  const isTerminal = process.stderr.isTTY === true
  let step = ''
  const line = (): string => `${title.padEnd(32)} ${step}  ${secondsSince(start)} s`
  const show = (): void => {
    process.stderr.write(isTerminal ? `\r\x1b[K${line()}` : `${line()}\n`)
  }
  const timer = setInterval(show, isTerminal ? 1000 : logEveryMs)
  return {
    say: (next) => {
      if (next === step) return
      step = next
      show()
    },
    end: (outcome) => {
      clearInterval(timer)
      step = outcome
      show()
      if (isTerminal) process.stderr.write('\n')
    },
  }
}

export function secondsSince(start: number): string {
  return ((Date.now() - start) / 1000).toFixed(1)
}
