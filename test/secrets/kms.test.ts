import { describe, expect, it } from 'vitest'
import { createKmsSealer } from '../../lib/secrets/kms.ts'
import { createFakeAws } from './fake-aws.ts'

function setUp() {
  const aws = createFakeAws('arn:key')
  const world = { now: new Date('2026-11-23T10:00:00Z') }
  const create = (keyId = 'arn:key') =>
    createKmsSealer({ call: aws.call, keyId, now: () => world.now })
  return { ...aws, world, create, sealer: create() }
}

describe('the sealer of KMS', () => {
  it('opens in one process what it sealed in another', async () => {
    const { create, sealer } = setUp()
    const sealed = await sealer.seal('hünter 2', 'hooks/a')
    expect(sealed).toMatch(/^kms1:[\w-]+\.local1:[\w-]+$/)
    expect(await create().open(sealed, 'hooks/a')).toBe('hünter 2')
  })

  it('asks KMS once for many texts, on either side', async () => {
    const { create, calls, sealer, world } = setUp()
    const sealed = await Promise.all(['a', 'b', 'c'].map((text) => sealer.seal(text, text)))
    const reader = create()
    await Promise.all(sealed.map((text, index) => reader.open(text, 'abc'[index] ?? '')))
    expect(calls).toEqual(['kms TrentService.GenerateDataKey', 'kms TrentService.Decrypt'])
    world.now = new Date('2026-11-23T11:00:00Z')
    await sealer.seal('d', 'd')
    expect(calls.filter((call) => call.endsWith('GenerateDataKey'))).toHaveLength(2)
  })

  it('opens nothing for another context, nothing changed, nothing foreign', async () => {
    const { sealer } = setUp()
    const sealed = await sealer.seal('secret', 'hooks/a')
    const foreign = await setUp().sealer.seal('secret', 'hooks/a')
    const [wrapped = '', text = ''] = sealed.split('.')
    const [, otherText = ''] = foreign.split('.')
    const flipped = `${text.slice(0, 20)}${text[20] === 'A' ? 'B' : 'A'}${text.slice(21)}`
    const broken = [foreign, `${wrapped}.${otherText}`, `${wrapped}.${flipped}`, text, wrapped, '']
    for (const each of [...broken, 'kms1:.x', `kms1:AAAA.${text}`]) {
      await expect(sealer.open(each, 'hooks/a'), each).rejects.toMatchObject({ code: 'SealBroken' })
    }
    await expect(sealer.open(sealed, 'hooks/b')).rejects.toMatchObject({ code: 'SealBroken' })
  })

  it('remembers no fault of KMS, and says what is missing', async () => {
    const { sealer, faults, create } = setUp()
    faults.set('TrentService.GenerateDataKey', { status: 400, type: 'AccessDeniedException' })
    const thrown: unknown = await sealer.seal('secret', 'x').catch((fault: unknown) => fault)
    expect(thrown).toMatchObject({ code: 'KeyUnreadable', retryable: false })
    expect(String(thrown)).toContain('kms:GenerateDataKey')
    expect(String(thrown)).not.toContain('secret')
    faults.clear()
    const sealed = await sealer.seal('secret', 'x')
    const reader = create()
    faults.set('TrentService.Decrypt', { status: 500, type: 'KMSInternalException' })
    await expect(reader.open(sealed, 'x')).rejects.toMatchObject({ retryable: true })
    faults.clear()
    expect(await reader.open(sealed, 'x')).toBe('secret')
  })
})
