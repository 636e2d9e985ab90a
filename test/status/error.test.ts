import { describe, expect, it } from 'vitest'
import { DriftlessError, messageOf } from '../../lib/status/error.ts'
import { StoreError } from '../../lib/store/store-error.ts'

describe('an error of a room', () => {
  it('carries reason, code, data and cause, and is not retried unless it says so', () => {
    const cause = new Error('low')
    const error = new DriftlessError('BuildFailed', 'PathNotFound', 'a: not there', {
      cause,
      data: { path: 'a' },
    })
    expect(error).toMatchObject({
      name: 'DriftlessError',
      reason: 'BuildFailed',
      code: 'PathNotFound',
      data: { path: 'a' },
      retryable: false,
      retryAfterSeconds: undefined,
      cause,
    })
    expect(new DriftlessError('Failed', 'X', 'x')).not.toHaveProperty('cause')
  })

  it('has the name of its class', () => {
    const error = new StoreError('StoreUnreachable', 'no answer', { retryable: true })
    expect(String(error)).toBe('StoreError: no answer')
    expect(error).toBeInstanceOf(DriftlessError)
    expect(error.reason).toBe('StorageOperationFailed')
  })

  it('shows whatever was thrown as text', () => {
    expect(messageOf(new Error('broken'))).toBe('broken')
    expect(messageOf('text')).toBe('text')
    expect(messageOf(undefined)).toBe('undefined')
  })
})
