import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram } from './program.ts'
import { until } from './until.ts'

describe('a program in the background', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'driftless-program-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('dies with the process that started it, even by SIGKILL', async () => {
    const script = `
      import { startProgram } from ${JSON.stringify(join(import.meta.dirname, 'program.ts'))}
      const args = ['-c', 'echo $$; exec sleep 600']
      const program = startProgram({ name: 'sleeper', path: '/bin/sh', args, folder: process.cwd() })
      setInterval(() => { if (/^\\d+$/.test(program.logTail())) console.log(program.logTail()) }, 20)
    `
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    const [line] = await once(parent.stdout, 'data')
    const pid = Number.parseInt(String(line), 10)
    expect(isRunning(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until('the sleeper is gone', 5000, [], async () => !isRunning(pid))
  })

  it('tells how it ended, and the end of its log', async () => {
    const args = ['-c', 'echo "no such flag"; exit 3']
    const program = startProgram({ name: 'failing', path: '/bin/sh', args, folder })
    const ready = until('it is ready', 5000, [program], async () => false)
    await expect(ready).rejects.toThrow('failing ended (exit code 3): it is ready\nno such flag')
  })

  it('is gone when kill resolves', async () => {
    const program = startProgram({ name: 'killed', path: '/bin/sleep', args: ['600'], folder })
    expect(program.ended()).toBeUndefined()
    await program.kill()
    expect(program.ended()).toBe('exit code 137')
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
