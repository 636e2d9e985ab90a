import { expect, it } from 'vitest'
import { createLogger } from '../../lib/log/logger.ts'
import { createMemoryQueue } from '../../lib/queue/memory.ts'
import { emit } from '../../lib/reconcile/emit.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

it('tells the log of each event in one line, at its level', async () => {
  const lines: string[] = []
  const now = () => new Date('2026-11-23T10:00:00Z')
  const ports = {
    store: createMemoryStore(),
    notices: createMemoryQueue({ now: () => now().getTime() }).queue,
    log: createLogger((line) => lines.push(line), { now }),
    now,
    uniqueId: () => 'id',
  }
  const id = { cluster: 'one', kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }
  const message = 'ConfigMap/a/b created\nConfigMap/a/c created\n'
  await emit(ports, { id }, { severity: 'info', reason: 'Progressing', message })
  await emit(ports, { id }, { severity: 'error', reason: 'BuildFailed', message: 'no such file' })
  await emit(ports, { id }, { severity: 'trace', reason: 'Progressing', message: 'Warnings:' })
  const object = 'Kustomization/flux-system/apps'
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', message: 'ConfigMap/a/b created (+1 lines)', cluster: 'one', object },
    { level: 'error', message: 'no such file', reason: 'BuildFailed', object },
  ])
})
