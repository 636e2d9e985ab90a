import { expect, it } from 'vitest'
import { nearestName } from '../../../lib/kustomize/file/nearest-name.ts'

const names = ['resources', 'images', 'namePrefix', 'nameSuffix', 'vars', 'labels']

it.each([
  ['resource', 'resources'],
  ['resorces', 'resources'],
  ['Imgaes', 'images'],
  ['nameprefx', 'namePrefix'],
  ['lables', 'labels'],
  ['foo', undefined],
  ['x', undefined],
  ['var', 'vars'],
  ['r'.repeat(10_000), undefined],
])('takes %s for %s', (written, name) => {
  expect(nearestName(written, names)).toBe(name)
})
