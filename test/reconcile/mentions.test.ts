import { expect, it } from 'vitest'
import { filesOfTexts } from '../../lib/artifact/tree.ts'
import { createMentions } from '../../lib/reconcile/mentions.ts'

const isMentioned = createMentions(
  filesOfTexts({
    'web.yaml': 'kind: Deployment\nmetadata: { name: web, labels: { app: x } }\n',
    'broken.yaml': 'kind: \'Service\'\nmetadata:\n  name: "api"\n  labels: [ # never closed',
    'job.json': '{"kind": "Job", "metadata": {"name": "once"}}',
    'kustomization.yaml': 'configMapGenerator:\n- name: settings\n  literals: [a=b]\n',
    'notes.txt': 'kind: Deployment\nname: other\n',
  }),
)
const ref = (kind: string, name: string) => ({
  group: '',
  version: 'v1',
  kind,
  namespace: 'default',
  name,
})

it.each([
  ['Deployment', 'web'],
  ['Deployment', 'staging-web'],
  ['Deployment', 'web-blue'],
  ['Service', 'api'],
  ['Job', 'once'],
  ['ConfigMap', 'settings-5h2k9m4d8t'],
])('finds %s %s', (kind, name) => {
  expect(isMentioned(ref(kind, name))).toBe(true)
})

it.each([
  ['Deployment', 'other'],
  ['Deployment', 'api'],
  ['Deployment', 'webshop'],
  ['ConfigMap', 'constructor'],
])('does not find %s %s', (kind, name) => {
  expect(isMentioned(ref(kind, name))).toBe(false)
})

it('reads hostile text in linear time', () => {
  const text = `${'name: '.repeat(200_000)}${'kind'.repeat(100_000)}${' '.repeat(500_000)}`
  expect(createMentions(filesOfTexts({ 'a.yaml': text }))(ref('A', 'b'))).toBe(false)
})
