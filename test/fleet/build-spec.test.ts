import { describe, expect, it } from 'vitest'
import { readBuildSpec } from '../../lib/fleet/build-spec.ts'
import { readSpec } from './read-spec.ts'

describe('readBuildSpec', () => {
  it('reads what is merged into the kustomization file, and nothing the CRD would drop', () => {
    const { value, faults } = readSpec(readBuildSpec, {
      targetNamespace: 'apps',
      images: [{ name: 'nginx', newTag: '1.27', tagSuffix: '-x' }],
      patches: [{ patch: '[]', target: { kind: 'Service' }, options: { allowNameChange: true } }],
      components: ['../c'],
      buildMetadata: ['originAnnotations'],
    })
    expect(value).toEqual({
      targetNamespace: 'apps',
      images: [{ name: 'nginx', newTag: '1.27' }],
      patches: [{ patch: '[]', target: { kind: 'Service' } }],
      components: ['../c'],
      ignoreMissingComponents: false,
      buildMetadata: ['originAnnotations'],
    })
    expect(faults).toEqual([
      'spec.patches[0].options is unknown and ignored?',
      'spec.images[0].tagSuffix is unknown and ignored?',
    ])
  })

  it.each([
    [
      { images: [{ name: 'nginx', newTag: 1.27 }] },
      'spec.images[0].newTag is the number 1.27, not a text',
    ],
    [{ images: [{ newTag: 'x' }] }, 'spec.images[0].name is missing'],
    [{ images: {} }, 'spec.images is a map, not a list'],
    [{ patches: [{}] }, 'spec.patches[0].patch is missing'],
    [{ patches: [{ patch: [] }] }, 'spec.patches[0].patch is a list, not a text'],
    [{ targetNamespace: '' }, "spec.targetNamespace '' is not allowed"],
    [{ namePrefix: '' }, "spec.namePrefix '' is not allowed"],
    [{ buildMetadata: ['managedByLabel'] }, "spec.buildMetadata 'managedByLabel' is unknown"],
  ])('refuses %j', (spec, fault) => {
    expect(readSpec(readBuildSpec, spec).faults).toEqual([fault])
  })
})
