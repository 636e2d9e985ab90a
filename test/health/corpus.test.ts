import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { computeStatus } from '../../lib/health/status.ts'
import { isJsonObject, isKubeObject, type KubeObject } from '../../lib/manifest/object.ts'

/** Answers of the real kstatus; it lies beside the repository, not in it. */
const corpus = new URL('../../../shared/corpus/flux/kstatus.jsonl', import.meta.url)
const now = new Date('2026-11-23T12:00:00Z')

type Case = {
  readonly id: string
  readonly object: string
  readonly want: { readonly status?: string; readonly message?: string; readonly error?: string }
}

describe.skipIf(!existsSync(corpus))('kstatus cases (../shared/corpus is needed)', () => {
  it('agrees with kstatus on the status and message of every case', () => {
    const cases: readonly Case[] = readFileSync(corpus, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    expect(cases.length).toBeGreaterThan(400)
    const wrong = cases.flatMap(({ id, object, want }) => {
      const got = computeStatus(parseObject(object), now)
      const wanted =
        want.error === undefined
          ? { status: want.status, message: want.message }
          : { status: 'Unknown', message: want.error }
      const isEqual = got.status === wanted.status && got.message === wanted.message
      return isEqual ? [] : [{ id, got, wanted }]
    })
    expect(wrong).toEqual([])
  })
})

/** Some cases have no name: kstatus does not ask for one, an object of ours has one. */
function parseObject(text: string): KubeObject {
  const value: unknown = parse(text)
  if (!isJsonObject(value) || !isJsonObject(value.metadata)) throw new Error(`no object: ${text}`)
  const object = { ...value, metadata: { name: 'unnamed', ...value.metadata } }
  if (!isKubeObject(object)) throw new Error(`no object: ${text}`)
  return object
}
