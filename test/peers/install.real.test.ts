import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CommandResult, runCommand } from './command.ts'

describe('npm run peers', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'driftless-install-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('names a program that it does not know and shows how it is used', async () => {
    const { code, stderr } = await install(['kustomise'])
    expect(code).toBe(2)
    expect(stderr).toContain('unknown program: kustomise\n')
    expect(stderr).toContain('Usage: npm run peers')
  })

  it('says what to do where Go is missing', async () => {
    const { code, stderr } = await install(['kustomize'], { PATH: folder })
    expect(code).toBe(1)
    expect(stderr).toContain('Go 1.26 or newer is needed')
    expect(stderr).toContain('found no `go` on the PATH')
    expect(stderr).toContain('Not installed: kustomize\n')
  })

  it('says what to do where Go is too old', async () => {
    const { code, stderr } = await install(['etcd'], { PATH: goThat('echo go version go1.25.9') })
    expect(code).toBe(1)
    expect(stderr).toContain('found go1.25.9')
  })

  it('names the program that could not be built, shows the end of its log, and goes on', async () => {
    const script = '[ $1 = version ] && echo go version go1.26.0 || { echo no route >&2; exit 1; }'
    const { code, stdout, stderr } = await install(['etcd', 'kwok'], { PATH: goThat(script) })
    expect(code).toBe(1)
    expect(stderr).toContain('etcd could not be built: go mod ended with exit code 1\n  no route\n')
    expect(stderr).toContain('kwok could not be built')
    expect(stdout).toMatch(/^etcd +v\S+ +failed .*\.log$/m)
  })

  it('takes a program of KUBEBUILDER_ASSETS as it is', async () => {
    symlinkSync(process.execPath, join(folder, 'kubectl'))
    const { code, stdout } = await install(['kubectl'], { KUBEBUILDER_ASSETS: folder, PATH: '' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^kubectl +KUBEBUILDER_ASSETS +cached /m)
  })

  function install(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    return runCommand(process.execPath, [join(import.meta.dirname, 'install.ts'), ...args], {
      env: { XDG_CACHE_HOME: join(folder, 'cache'), KUBEBUILDER_ASSETS: '', ...env },
    })
  }

  function goThat(script: string): string {
    const bin = mkdtempSync(join(folder, 'go-'))
    writeFileSync(join(bin, 'go'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, 'go'), 0o755)
    return `${bin}:/usr/bin:/bin`
  }
})
