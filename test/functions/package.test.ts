import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFunctions } from '../../scripts/bundle-functions.ts'
import { packageTemplate, whyNoTemplate } from './template.ts'

const skip = whyNoTemplate()
const zips = ['api', 'bucket', 'drift', 'notify', 'reconcile', 'webhook'].map(
  (name) => `${name}.zip`,
)

const parts = ['serverless.yml', 'package.json', 'tsconfig.json', 'lib', 'functions', 'infra']

describe.skipIf(skip !== undefined)(`what is uploaded${skip ? ` (${skip})` : ''}`, () => {
  // Two checkouts of different names, depths and times.
  const roots = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'driftless-package-')))
  const places = [join(roots[0] ?? '', 'a'), join(roots[1] ?? '', 'another', 'place')]
  const packed = roots.map((folder) => join(folder, 'packed'))
  beforeAll(async () => {
    const [first = '', second = ''] = places
    for (const part of parts) cpSync(part, join(first, part), { recursive: true, filter: isSource })
    cpSync(first, second, { recursive: true })
    for (const place of places) {
      symlinkSync(resolve('node_modules'), join(place, 'node_modules'))
      await bundleFunctions(join(place, 'dist', 'functions'), { root: place })
    }
    packageTemplate(packed[0] ?? '', { directory: first })
    packageTemplate(packed[1] ?? '', { directory: second, stage: 'prod' })
  }, 240_000)
  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true })
  })

  it('is one zip a function, byte for byte the same from two folders', () => {
    const [first = '', second = ''] = packed
    expect(
      readdirSync(first)
        .filter((file) => file.endsWith('.zip'))
        .sort(),
    ).toEqual(zips)
    for (const zip of zips) {
      const [one, other] = [first, second].map((folder) => readFileSync(join(folder, zip)))
      expect(one?.length, zip).toBeGreaterThan(1_000)
      expect(one?.equals(other ?? Buffer.alloc(0)), zip).toBe(true)
    }
  })

  it('differs between stages in names only: secrets, logs and functions of one are not those of another', () => {
    const [dev = '', prod = ''] = packed.map((folder) =>
      readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8'),
    )
    expect(dev).toContain('secret:driftless/dev/*')
    expect(prod).toContain('secret:driftless/prod/*')
    expect(prod).toContain('parameter/driftless/prod/*')
    expect(prod).toContain('log-group:/aws/lambda/driftless-prod-webhook')
    expect(prod).not.toMatch(/driftless[-/]dev\b/)
  })
})

function isSource(path: string): boolean {
  return !path.includes('node_modules')
}
