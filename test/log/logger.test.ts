import { describe, expect, it } from 'vitest'
import { createLogger, type LoggerOptions, withFields } from '../../lib/log/logger.ts'
import { formatTerminal } from '../../lib/log/terminal.ts'
import { StoreError } from '../../lib/store/store-error.ts'

const now = () => new Date('2026-11-23T10:00:00.123Z')

function record(options: LoggerOptions = {}) {
  const lines: string[] = []
  const log = createLogger((line) => lines.push(line), { now, ...options })
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? 'null') }
}

describe('a logger', () => {
  it('writes one JSON line an entry', () => {
    const { log, lines } = record()
    log.info('applied', { cluster: 'staging', created: 2 })
    expect(lines).toEqual([
      '{"time":"2026-11-23T10:00:00.123Z","level":"info","message":"applied","cluster":"staging","created":2}',
    ])
  })

  it('drops what is below its level', () => {
    const { log, lines } = record({ level: 'warn' })
    log.debug('d')
    log.info('i')
    log.warn('w')
    log.error('e')
    expect(lines).toHaveLength(2)
  })

  it('lets no field replace time, level or message', () => {
    const { log, last } = record()
    log.warn('real', { message: 'false', level: 'info', time: 'never' })
    expect(last()).toMatchObject({ message: 'real', level: 'warn' })
  })

  it('redacts texts at any depth, and the message', () => {
    const { log, lines } = record()
    log.info('GET https://u:topsecret@h/', {
      a: { b: ['bearer topsecret1234'] },
      token: 'topsecret',
    })
    expect(lines[0]).not.toContain('topsecret')
  })

  it('masks what is named like a secret, and the content of a Secret', () => {
    const { log, last, lines } = record()
    log.info('x', {
      Authorization: 'abc',
      clientSecret: 'abc',
      object: {
        kind: 'Secret',
        metadata: {
          name: 'db',
          namespace: 'apps',
          annotations: {
            'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"p":"abc"}}',
          },
        },
        data: { p: 'abc' },
        stringData: { p: 'abc' },
      },
    })
    expect(lines[0]).not.toContain('abc')
    expect(last()).toMatchObject({ object: { metadata: { name: 'db', namespace: 'apps' } } })
  })

  it('writes errors with code, reason, data and cause', () => {
    const { log, last } = record()
    const cause = new Error('connect ECONNREFUSED https://u:hidden1@h')
    log.error('failed', {
      error: new StoreError('StoreUnreachable', 'no answer', { cause, data: { key: 'a/b' } }),
    })
    expect(last()).toMatchObject({
      error: {
        name: 'StoreError',
        message: 'no answer',
        code: 'StoreUnreachable',
        reason: 'StorageOperationFailed',
        data: { key: 'a/b' },
        cause: { message: 'connect ECONNREFUSED https://***@h' },
      },
    })
  })

  it('survives whatever it is given', () => {
    const { log, last } = record()
    const loop: Record<string, unknown> = { bytes: new Uint8Array(3), big: 1n, run: () => 1 }
    loop.self = loop
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), 'x')
    log.info('x', { loop, deep, map: new Map([['k', 'v']]), bad: new Date('x'), none: undefined })
    expect(last()).toMatchObject({
      loop: { bytes: '[3 bytes]', big: '1', run: '[function]', self: '[circular]' },
      map: { k: 'v' },
      bad: null,
    })
    log.info('x'.repeat(100_000), { long: 'y'.repeat(100_000), many: Array(5000).fill(1) })
    expect(JSON.stringify(last()).length).toBeLessThan(50_000)
  })

  it('cannot be polluted by a field called __proto__', () => {
    const { log, lines } = record()
    log.info('x', JSON.parse('{"__proto__":{"polluted":true}}'))
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(lines).toHaveLength(1)
  })

  it('sends no control character to a terminal', () => {
    const { log, lines } = record()
    log.info('\u009b31m\u2028', { key: '\u001b[2J' })
    expect(lines[0]).toMatch(/^[\u0020-\u007e]+$/)
  })

  it('carries fields along', () => {
    const { log, last } = record()
    withFields(withFields(log, { cluster: 'a' }), { object: 'b' }).error('x', { object: 'c' })
    expect(last()).toMatchObject({ level: 'error', cluster: 'a', object: 'c' })
  })
})

describe('the terminal format', () => {
  it('shows time, glyph, message and fields', () => {
    const { log, lines } = record({ format: formatTerminal() })
    log.info('applied revision', { cluster: 'staging', took: '1.2 s', error: new Error('bad') })
    expect(lines).toEqual([
      '10:00:00.123 ✔ applied revision  cluster=staging took="1.2 s" error="bad"',
    ])
  })

  it('shows what only waits as neither fault nor success', () => {
    const { log, lines } = record({ format: formatTerminal() })
    log.info('dependencies do not meet ready condition', { reason: 'DependencyNotReady' })
    expect(lines[0]).toMatch(/^10:00:00.123 ◎ dependencies/)
  })

  it('shows control characters instead of sending them', () => {
    const { log, lines } = record({ format: formatTerminal() })
    log.error('a\u001b[31m\nb\u202e', { key: '\u009b2J' })
    expect(lines[0]).toBe(String.raw`10:00:00.123 ✗ a\u001b[31m\u000ab\u202e  key=\u009b2J`)
  })

  it('colours where it may', () => {
    const { log, lines } = record({ format: formatTerminal({ hasColors: true }) })
    log.warn('careful')
    expect(lines[0]).toContain('\u001b[33m')
  })
})
