import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildFolder } from '../../../lib/cli/build/build-folder.ts'

let root = ''

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'driftless-build-folder-'))
  mkdirSync(join(root, 'here'))
  mkdirSync(join(root, 'there'))
  writeFileSync(join(root, 'there', 'kustomization.yaml'), 'resources: [missing.yaml]\n')
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

function faultOf(folder: string, workingDirectory: string): string {
  const flags = { reorder: 'legacy', loadRestrictor: 'LoadRestrictionsRootOnly' } as const
  try {
    return buildFolder(folder, flags, { workingDirectory }).text
  } catch (fault) {
    return String(fault instanceof Error ? fault.message : fault)
  }
}

const why =
  "there is neither a file nor a folder 'missing.yaml'; correct the entry in the kustomization file"

it('names a folder below as seen from here', () => {
  expect(faultOf('there', root)).toBe(`there: ${why}`)
})

it('names a folder elsewhere as it was asked for', () => {
  const there = join(root, 'there')
  expect(faultOf('../there', join(root, 'here'))).toBe(`../there: ${why}`)
  expect(faultOf(there, join(root, 'here'))).toBe(`${there}: ${why}`)
})
