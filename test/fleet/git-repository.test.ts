import { describe, expect, it } from 'vitest'
import { readGitRepository } from '../../lib/fleet/git-repository.ts'
import { readSpec } from './read-spec.ts'

const sound = { interval: '5m', url: 'https://git.example/fleet' }

describe('readGitRepository', () => {
  it("has the CRD's defaults", () => {
    expect(readSpec(readGitRepository, sound)).toEqual({
      value: {
        intervalMs: 300_000,
        timeoutMs: 60_000,
        isSuspended: false,
        url: 'https://git.example/fleet',
        ref: {},
        provider: 'generic',
        recurseSubmodules: false,
        sparseCheckout: [],
        include: [],
        notBuilt: [],
      },
      faults: [],
    })
  })

  it('reads everything there is', () => {
    const commit = '0123456789abcdef0123456789abcdef01234567'
    const { value, faults } = readSpec(readGitRepository, {
      ...sound,
      timeout: '1m30s',
      suspend: true,
      secretRef: { name: 'token' },
      ref: { branch: 'main', tag: 'v1', semver: '1.x', name: 'refs/heads/x', commit },
      ignore: '/docs',
      recurseSubmodules: true,
      sparseCheckout: ['apps'],
      include: [{ repository: { name: 'other' } }, { repository: { name: 'b' }, toPath: 'c' }],
      provider: 'github',
    })
    expect(faults).toEqual([])
    expect(value).toMatchObject({
      timeoutMs: 90_000,
      isSuspended: true,
      secretName: 'token',
      ref: { branch: 'main', tag: 'v1', semver: '1.x', name: 'refs/heads/x', commit },
      ignore: '/docs',
      include: [
        { repository: 'other', fromPath: '', toPath: 'other' },
        { repository: 'b', fromPath: '', toPath: 'c' },
      ],
    })
  })

  it.each([
    [{ url: 'git@git.example:fleet' }, "spec.url 'git@git.example:fleet' is not allowed"],
    [{ url: 'file:///etc' }, "spec.url 'file:///etc' is not allowed"],
    [{ timeout: '1h' }, "spec.timeout '1h' is not allowed"],
    [{ ref: { commit: 'abc' } }, "spec.ref.commit 'abc' is not allowed"],
    [{ secretRef: {} }, 'spec.secretRef.name is missing'],
    [{ provider: 'gitlab' }, "spec.provider 'gitlab' is unknown"],
    [{ include: [{}] }, 'spec.include[0].repository is missing'],
  ])('refuses %j', (change, fault) => {
    expect(readSpec(readGitRepository, { ...sound, ...change }).faults).toContain(fault)
  })

  it('names what is not built yet', () => {
    const spec = {
      ...sound,
      verify: { secretRef: { name: 'keys' } },
      proxySecretRef: { name: 'p' },
    }
    const { value, faults } = readSpec(readGitRepository, spec)
    expect(value.notBuilt).toEqual(['verify', 'proxySecretRef'])
    expect(faults).toEqual([])
  })
})
