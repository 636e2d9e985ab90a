import { describe, expect, it } from 'vitest'
import { answerBatch } from '../../lib/cli/build/batch.ts'

async function answers(...chunks: readonly (string | Uint8Array)[]): Promise<readonly unknown[]> {
  const lines: string[] = []
  async function* input(): AsyncIterable<string | Uint8Array> {
    yield* chunks
  }
  await answerBatch(input(), (line) => void lines.push(line), '/')
  return lines.map((line) => JSON.parse(line))
}

describe('a batch of builds', () => {
  it('takes lines in whatever pieces they come', async () => {
    const bytes = Buffer.from('{"id":"é","dir":""}\n{"id":2,"dir":""}')
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte))
    expect(await answers(...pieces)).toMatchObject([{ id: 'é' }, { id: 2 }])
  })

  it('does not read a line without end whole, and goes on behind it', async () => {
    const endless = Array.from({ length: 40 }, () => 'x'.repeat(100_000))
    const [first, second] = await answers(...endless, '\n{"id":1}')
    expect(first).toMatchObject({ error: expect.stringContaining('longer than 1048576') })
    expect(second).toMatchObject({ id: 1 })
  })

  it('answers nothing where nothing is asked', async () => {
    expect(await answers('', '\n\n', '  \n')).toEqual([])
  })

  it('leaves prototypes alone', async () => {
    const [answer] = await answers('{"__proto__":{"dir":"/"},"id":{"__proto__":1}}')
    expect(answer).toMatchObject({ dir: null, error: "'dir' names no folder" })
  })
})
