import { describe, expect, it } from 'vitest'
import { CelError } from '../../lib/cel/cel-error.ts'
import { compileHealthRules } from '../../lib/health/expressions.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

const widget = (status: JsonObject, generation = 1): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'default', generation },
  status,
})

const check = (
  rules: Partial<Record<'current' | 'inProgress' | 'failed', string>>,
  kind = 'Widget',
) => ({
  apiVersion: 'example.com/v1beta1',
  kind,
  current: '',
  inProgress: '',
  failed: '',
  ...rules,
})

const all = check({
  current: "status.phase == 'Up'",
  inProgress: 'has(status.busy) && status.busy',
  failed: "status.phase == 'Down'",
})

async function statusOf(object: KubeObject, checks = [all]) {
  const evaluate = await compileHealthRules(checks)
  return evaluate?.(object)?.status
}

describe('compileHealthRules', () => {
  it.each([
    [{ phase: 'Up', busy: true }, 'InProgress'],
    [{ phase: 'Down' }, 'Failed'],
    [{ phase: 'Up' }, 'Current'],
    [{ phase: 'Other' }, 'InProgress'],
    [{ phase: 'Up', observedGeneration: 2 }, 'InProgress'],
    [{ phase: 'Up', observedGeneration: '2' }, 'Current'],
    [{}, 'Unknown'],
  ])('asks inProgress, failed and current in this order: %j is %s', async (status, wanted) => {
    expect(await statusOf(widget(status))).toBe(wanted)
  })

  it('tells which field was missing', async () => {
    const evaluate = await compileHealthRules([all])
    expect(evaluate?.(widget({}))?.message).toBe(
      "failed to evaluate the CEL expression 'status.phase == 'Down'': no such key: phase",
    )
  })

  it('minds the group and the kind, not the version; a rule without a kind is for the whole group', async () => {
    const wide = check({ current: 'true' }, '')
    expect(await statusOf(widget({ phase: 'Down' }), [wide, all])).toBe('Failed')
    const gadget = { ...widget({}), kind: 'Gadget' }
    expect(await statusOf(gadget, [wide, all])).toBe('Current')
    expect(await statusOf({ ...gadget, apiVersion: 'other.com/v1' }, [wide, all])).toBeUndefined()
    expect(await compileHealthRules([])).toBeUndefined()
  })

  it.each([
    [
      [check({ current: 'status.' })],
      "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current: failed to parse the CEL expression 'status.':",
    ],
    [
      [all, check({}, 'Other')],
      'failed to create custom status evaluator for healthchecks[1]: expression Current not specified',
    ],
    [
      [all, check({ current: 'true' })],
      'duplicate custom health check for GroupKind Widget.example.com at healthchecks[1]',
    ],
    [
      [
        { ...check({ current: 'true' }, 'ConfigMap'), apiVersion: 'v1' },
        { ...check({ current: 'true' }, 'ConfigMap'), apiVersion: 'v1' },
      ],
      'duplicate custom health check for GroupKind ConfigMap at healthchecks[1]',
    ],
  ])('refuses what can never work, in the words of Flux', async (checks, message) => {
    await expect(compileHealthRules(checks)).rejects.toThrow(CelError)
    await expect(compileHealthRules(checks)).rejects.toThrow(message)
  })
})
