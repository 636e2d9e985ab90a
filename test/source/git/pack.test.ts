import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idOf, readPack } from '../../../lib/source/git/pack.ts'
import { idOfBytes, type PackEntry, writeDelta, writeEntry, writePack } from './pack-writer.ts'

const limits = { maxObjects: 1000, maxUnpackedBytes: 1_000_000 }
const base = 'one two three'
const blob: PackEntry = { kind: 'blob', bytes: base }
/** Copies `one two` and adds ` four`. */
const delta = writeDelta(base.length, 12, [0x90, 7], [5, ...Buffer.from(' four')])
const distance = writeEntry(blob).length
const rebuilt = 'one two four'

function textsOf(pack: Buffer): readonly string[] {
  return [...readPack(pack, limits).values()].map(({ bytes }) => bytes.toString())
}

describe('readPack', () => {
  it('finds objects by the id of their content', () => {
    const objects = readPack(writePack([blob, { kind: 'commit', bytes: 'tree x' }]), limits)
    expect([...objects.keys()]).toEqual([idOfBytes('blob', base), idOfBytes('commit', 'tree x')])
    for (const [id, object] of objects) expect(idOf(object)).toBe(id)
  })

  it('rebuilds deltas by offset, by id, by an id that comes later, and on deltas', () => {
    const byId = { kind: 'id', base: idOfBytes('blob', base), bytes: delta } as const
    expect(textsOf(writePack([blob, { kind: 'offset', distance, bytes: delta }]))).toEqual([
      base,
      rebuilt,
    ])
    expect(textsOf(writePack([blob, byId]))).toEqual([base, rebuilt])
    expect(textsOf(writePack([byId, blob]))).toEqual([base, rebuilt])
    const next = writeDelta(rebuilt.length, 3, [0x90, 3])
    const onDelta = { kind: 'id', base: idOfBytes('blob', rebuilt), bytes: next } as const
    expect(textsOf(writePack([onDelta, byId, blob]))).toEqual([base, rebuilt, 'one'])
  })

  it('takes the base of a thin pack from what is known, under its id only', () => {
    const pack = writePack([{ kind: 'id', base: idOfBytes('blob', base), bytes: delta }])
    const known = new Map([
      [idOfBytes('blob', base), { type: 'blob', bytes: Buffer.from(base) } as const],
    ])
    expect([...readPack(pack, limits, known).keys()]).toEqual([idOfBytes('blob', rebuilt)])
    expect(() => readPack(pack, limits)).toThrow('the base of a delta is missing')
  })

  it('copies 65,536 bytes where a copy names no length', () => {
    const long = 'x'.repeat(70_000)
    const copy = writeDelta(long.length, 65_536, [0x80])
    const pack = writePack([
      { kind: 'blob', bytes: long },
      { kind: 'id', base: idOfBytes('blob', long), bytes: copy },
    ])
    expect(textsOf(pack)[1]).toHaveLength(65_536)
  })

  const broken: readonly (readonly [string, Buffer, RegExp])[] = [
    ['no pack', Buffer.from('<html>'.repeat(20)), /no pack of version 2/],
    ['an empty answer', Buffer.alloc(0), /no pack of version 2/],
    ['another version', writePack([blob], { version: 3 }), /no pack of version 2/],
    [
      'a wrong checksum',
      Buffer.concat([writePack([blob]).subarray(0, -1), Buffer.from('x')]),
      /checksum/,
    ],
    ['fewer objects than told', writePack([blob], { count: 2 }), /unpacked|unknown kind/],
    ['more objects than told', writePack([blob, blob], { count: 1 }), /follows its last object/],
    ['something behind its objects', writePack([blob], { after: 'x' }), /follows its last object/],
    ['a kind that does not exist', writePack([{ ...blob, kind: 'reserved' }]), /unknown kind/],
    [
      'an object that is longer',
      writePack([{ ...blob, size: 5 }]),
      /cannot be unpacked|not as long/,
    ],
    ['an object that is shorter', writePack([{ ...blob, size: 50 }]), /not as long/],
    [
      'an object that ends early',
      writePack([{ ...blob, packed: deflateSync(base).subarray(0, 9) }]),
      /unpacked/,
    ],
    ['noise for an object', writePack([{ ...blob, packed: Buffer.alloc(30, 7) }]), /unpacked/],
    [
      'a delta out of the pack',
      writePack([blob, { kind: 'offset', distance: 999, bytes: delta }]),
      /out of the pack|no object/,
    ],
    ['a delta on itself', writePack([{ kind: 'offset', distance: 0, bytes: delta }]), /no object/],
    [
      'a delta into an object',
      writePack([blob, { kind: 'offset', distance: distance - 1, bytes: delta }]),
      /no object/,
    ],
    [
      'a delta of another base',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(5, 1, [1, 1]) }]),
      /delta is malformed/,
    ],
    [
      'a delta that copies too far',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(13, 9, [0x91, 10, 9]) }]),
      /delta is malformed/,
    ],
    [
      'a delta that fills too much',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(13, 2, [3, 1, 2, 3]) }]),
      /delta is malformed/,
    ],
    [
      'a delta that fills too little',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(13, 9, [1, 1]) }]),
      /delta is malformed/,
    ],
    [
      'a delta that ends in a step',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(13, 9, [9, 1]) }]),
      /delta is malformed/,
    ],
    [
      'a delta with a step of no sense',
      writePack([blob, { kind: 'offset', distance, bytes: writeDelta(13, 1, [0]) }]),
      /delta is malformed/,
    ],
    [
      'an empty delta',
      writePack([blob, { kind: 'offset', distance, bytes: '' }]),
      /delta is malformed/,
    ],
  ]

  it.each(broken)('refuses %s', (_, pack, message) => {
    expect(() => readPack(pack, limits)).toThrow(expect.objectContaining({ code: 'PackInvalid' }))
    expect(() => readPack(pack, limits)).toThrow(message)
  })

  it('stops before it unpacks what is too much', () => {
    const tooMany = writePack([blob], { count: 4_000_000_000 })
    const huge = writePack([{ ...blob, size: 2 ** 45 }])
    const bomb = writePack([
      { kind: 'blob', bytes: Buffer.alloc(900_000) },
      blob,
      { kind: 'blob', bytes: Buffer.alloc(900_000, 1) },
    ])
    const inDelta = writePack([
      blob,
      { kind: 'offset', distance, bytes: writeDelta(13, 2 ** 31, [1, 1]) },
    ])
    for (const pack of [tooMany, huge, bomb, inDelta]) {
      expect(() => readPack(pack, limits)).toThrow(expect.objectContaining({ code: 'TooLarge' }))
    }
  })

  it('takes linear time over deltas that all wait for one base', () => {
    const waiting = { kind: 'id', base: idOfBytes('blob', base), bytes: delta } as const
    const began = performance.now()
    const all = { ...limits, maxObjects: 100_000 }
    const pack = writePack([...new Array<PackEntry>(5000).fill(waiting), blob])
    expect(readPack(pack, all).size).toBe(2)
    expect(performance.now() - began).toBeLessThan(9_000)
  })

  it('throws nothing but its own faults, whatever is changed in a pack', () => {
    const good = writePack([
      blob,
      { kind: 'offset', distance, bytes: delta },
      { kind: 'tree', bytes: '' },
    ])
    fc.assert(
      fc.property(fc.nat(good.length - 21), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const body = Buffer.from(good.subarray(0, -20))
        body[at] = (body[at] ?? 0) ^ change
        // The checksum is made right again, so that what lies behind it is reached.
        const pack = Buffer.concat([body, createHash('sha1').update(body).digest()])
        try {
          readPack(pack, limits)
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: 'SourceError' })
        }
      }),
      { numRuns: 400 },
    )
  })
})
