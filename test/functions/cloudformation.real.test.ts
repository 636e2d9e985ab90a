import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageStack, whyNoPackage } from '../aws/package-stack.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { peerFolder } from '../peers/peers.ts'
import { makeTemporaryFolder } from '../peers/temporary-folder.ts'

/** What osls adds to each function: a dependency that its role implies already. */
const ignored = 'W3005'

describeWithPeers(['moto'], "AWS's own checks of the template", () => {
  it.skipIf(whyNoPackage() !== undefined)('find nothing to complain about', async () => {
    const folder = makeTemporaryFolder('cloudformation')
    await packageStack(folder, {})
    // cfn-lint comes with moto; its specifications are AWS's, for every resource and region.
    const python = join(peerFolder('moto'), 'venv', 'bin', 'python')
    const template = join(folder, 'out', 'cloudformation-template-update-stack.json')
    const lint = 'from cfnlint.runner import main; main()'
    const args = ['-c', lint, '--ignore-checks', ignored, '--template', template]
    const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' })
    expect(`${stdout}${stderr}`).toBe('')
    expect(status).toBe(0)
  })
})
