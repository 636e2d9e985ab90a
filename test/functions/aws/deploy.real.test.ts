import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCloudFormationProxy } from '../../aws/cloudformation-proxy.ts'
import { type AwsServer, accessKey, region, secretKey, startMoto } from '../../aws/moto.ts'
import { deployStack, whyNoPackage } from '../../aws/package-stack.ts'
import { callQuery, callRest } from '../../aws/requests.ts'
import { describeWithPeers } from '../../peers/describe-with-peers.ts'
import { makeTemporaryFolder } from '../../peers/temporary-folder.ts'
import { fieldsOf } from '../template.ts'

const stackName = 'driftless-dev'

describeWithPeers(['moto'], 'npm run deploy', () => {
  const folder = makeTemporaryFolder('deploy')
  let moto: AwsServer
  const closers: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  beforeAll(async () => {
    moto = await startMoto()
    closers.push(moto.stop)
  })
  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  it.skipIf(whyNoPackage() !== undefined)(
    'makes the stack with what whoever deploys has set',
    { timeout: 600_000 },
    async () => {
      const proxy = await startCloudFormationProxy(moto.url)
      closers.push(proxy.close)
      const said = await deployStack(folder, {
        AWS_ENDPOINT_URL: proxy.url,
        AWS_ACCESS_KEY_ID: accessKey,
        AWS_SECRET_ACCESS_KEY: secretKey,
        AWS_REGION: region,
        DRIFTLESS_TOKEN: 'a-token',
        DRIFTLESS_SOURCE_BUCKETS: 'arn:aws:s3:::one,arn:aws:s3:::two',
      })
      expect(said).toContain(`Service deployed to stack ${stackName}`)
      expect(await variablesOf('api')).toMatchObject({ DRIFTLESS_TOKEN: 'a-token' })
      // What was not set is empty, and allows nothing.
      expect(await variablesOf('webhook')).toMatchObject({ DRIFTLESS_SECRET_WEBHOOKS__GITHUB: '' })
      const role =
        String((await configurationOf('reconcile')).get('Role'))
          .split('/')
          .at(-1) ?? ''
      expect(await policiesOf(role)).toEqual(['function', 'source-buckets'])
      expect(await policyOf(role, 'source-buckets')).toEqual([
        {
          Effect: 'Allow',
          Action: ['s3:ListBucket'],
          Resource: ['arn:aws:s3:::one', 'arn:aws:s3:::two'],
        },
        {
          Effect: 'Allow',
          Action: ['s3:GetObject'],
          Resource: ['arn:aws:s3:::one/*', 'arn:aws:s3:::two/*'],
        },
      ])
    },
  )

  async function configurationOf(name: string) {
    const path = `/2015-03-31/functions/${stackName}-${name}/configuration`
    return fieldsOf(await callRest(moto.call, 'lambda', 'GET', path))
  }

  async function variablesOf(name: string): Promise<unknown> {
    return fieldsOf((await configurationOf(name)).get('Environment')).get('Variables')
  }

  async function policiesOf(role: string): Promise<readonly string[]> {
    const asked = { Action: 'ListRolePolicies', Version: '2010-05-08', RoleName: role }
    const xml = await callQuery(moto.call, 'iam', asked)
    return [...xml.matchAll(/<member>([^<]+)</g)].map(([, name = '']) => name).sort()
  }

  async function policyOf(role: string, name: string): Promise<unknown> {
    const asked = { Action: 'GetRolePolicy', Version: '2010-05-08', RoleName: role }
    const xml = await callQuery(moto.call, 'iam', { ...asked, PolicyName: name })
    const text = decodeURIComponent(/<PolicyDocument>([^<]*)</.exec(xml)?.[1] ?? '')
    return fieldsOf(JSON.parse(text)).get('Statement')
  }
})
