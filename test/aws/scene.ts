import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { apiRequest } from '../peers/api-request.ts'
import { runCommand } from '../peers/command.ts'
import type { ControlPlane } from '../peers/control-plane.ts'
import { createNamespace } from '../peers/shared-control-plane.ts'
import { driftless } from './cli.ts'
import { secretKey } from './moto.ts'
import { callJson, callS3, createBucket } from './requests.ts'
import type { World } from './world.ts'

/** A fleet of one real cluster in the state bucket: an app from Git, settings from a bucket, a Receiver and a chat. */
export type Scene = {
  readonly namespace: string
  readonly repository: string
  readonly settingsBucket: string
  readonly app: WorkingCopy
  /** Data of a ConfigMap in the cluster; undefined where there is none. */
  readonly configMap: (name: string) => Promise<Readonly<Record<string, string>> | undefined>
  readonly cluster: (method: string, path: string, body?: unknown) => Promise<unknown>
  /** Writes the app's text and pushes it; the commit. */
  readonly pushText: (text: string) => Promise<string>
  /** Moves main to an earlier commit, which the next push builds on. */
  readonly forceTo: (commit: string) => Promise<void>
  readonly putSetting: (text: string) => Promise<void>
}

export const hookToken = 'a-token-of-a-receiver'

export async function createScene(world: World, controlPlane: ControlPlane): Promise<Scene> {
  const namespace = await createNamespace(controlPlane, 'aws')
  const id = randomBytes(3).toString('hex')
  const scene = { namespace, repository: `acme/app-${id}`, settingsBucket: `settings-${id}` }
  const cluster = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await apiRequest(controlPlane, method, path, body)
    return answer.status < 300 ? JSON.parse(answer.body) : undefined
  }
  await callJson(world.moto.call, 'secretsmanager', 'secretsmanager.CreateSecret', {
    Name: `driftless/dev/kubeconfig-${id}`,
    SecretString: controlPlane.kubeconfig,
  })
  await createSecrets(cluster, namespace, world)
  const app = await createApp(world, scene.repository)
  const putSetting = async (text: string): Promise<void> => {
    const body = `setting: ${text}\n`
    await callS3(world.moto.call, 'PUT', scene.settingsBucket, { key: 'settings/flags.yaml', body })
  }
  await createSettings(world, scene.settingsBucket)
  await putSetting('first')
  const fleet = `${world.folder}/fleet`
  await mkdir(fleet, { recursive: true })
  await writeFile(`${fleet}/${id}.yaml`, fleetText(world, scene, id))
  await driftless(world, 'fleet', 'push', fleet)
  return {
    ...scene,
    app,
    cluster,
    configMap: async (name) => {
      const found = await cluster('GET', `/api/v1/namespaces/${namespace}/configmaps/${name}`)
      return found === undefined ? undefined : Object(found).data
    },
    pushText: async (text) => {
      await app.edit('app/text', () => text)
      return app.push(`Say ${text}`)
    },
    forceTo: async (commit) => {
      const cwd = workFolder(world, scene.repository)
      for (const args of [
        ['reset', '--quiet', '--hard', commit],
        ['push', '--quiet', '--force', 'origin', 'main'],
      ]) {
        const { code, stderr } = await runCommand('git', args, { cwd })
        if (code !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
      }
    },
    putSetting,
  }
}

async function createSecrets(
  cluster: Scene['cluster'],
  namespace: string,
  { chat }: World,
): Promise<void> {
  const secrets = {
    chat: { address: chat.slackUrl },
    bucket: { accesskey: 'AKIDREADEROFSETTINGS', secretkey: secretKey },
    hook: { token: hookToken },
  }
  for (const [name, stringData] of Object.entries(secrets)) {
    const path = `/api/v1/namespaces/${namespace}/secrets`
    await cluster('POST', path, { metadata: { name }, stringData })
  }
}

async function createApp(world: World, repository: string): Promise<WorkingCopy> {
  await world.createRepository(repository)
  const folder = workFolder(world, repository)
  const template = `${import.meta.dirname}/app`
  const copy = await createWorkingCopy(
    folder,
    `${world.gitUrl}/${repository}.git`,
    template,
    (text) => text,
  )
  await copy.push('Begin')
  return copy
}

function workFolder({ folder }: World, repository: string): string {
  return `${folder}/work-${repository.replace('/', '-')}`
}

async function createSettings(world: World, bucket: string): Promise<void> {
  const { call } = world.moto
  await createBucket(call, bucket)
  const body = `<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>`
  await callS3(call, 'PUT', bucket, { query: { notification: '' }, body })
  const kustomization =
    'configMapGenerator: [{ name: settings, files: [flags.yaml] }]\ngeneratorOptions: { disableNameSuffixHash: true }\n'
  await callS3(call, 'PUT', bucket, { key: 'settings/kustomization.yaml', body: kustomization })
}

function fleetText(
  world: World,
  {
    namespace,
    repository,
    settingsBucket,
  }: Pick<Scene, 'namespace' | 'repository' | 'settingsBucket'>,
  id: string,
): string {
  const annotations = `annotations: { fleet.driftless.dev/cluster: real-${id} }`
  const object = (group: string, kind: string, name: string, spec: string): string =>
    `apiVersion: ${group}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace}, ${annotations} }\nspec: ${spec}\n`
  const kustomize = 'kustomize.toolkit.fluxcd.io/v1'
  const source = 'source.toolkit.fluxcd.io/v1'
  const notification = 'notification.toolkit.fluxcd.io'
  return [
    `apiVersion: fleet.driftless.dev/v1\nkind: Cluster\nmetadata: { name: real-${id} }\nspec: { connection: { kubeConfig: { secretRef: { name: kubeconfig-${id} } } } }\n`,
    object(
      source,
      'GitRepository',
      'app',
      `{ interval: 10m, url: ${world.gitUrl}/${repository}.git, ref: { branch: main } }`,
    ),
    object(
      kustomize,
      'Kustomization',
      'app',
      `{ interval: 10m, path: ./app, prune: true, targetNamespace: ${namespace}, sourceRef: { kind: GitRepository, name: app } }`,
    ),
    object(
      source,
      'Bucket',
      'settings',
      `{ interval: 10m, provider: generic, endpoint: ${new URL(world.proxy.url).host}, insecure: true, region: eu-west-1, bucketName: ${settingsBucket}, secretRef: { name: bucket } }`,
    ),
    object(
      kustomize,
      'Kustomization',
      'settings',
      `{ interval: 10m, path: ./settings, prune: true, targetNamespace: ${namespace}, sourceRef: { kind: Bucket, name: settings } }`,
    ),
    object(
      `${notification}/v1beta3`,
      'Provider',
      'chat',
      '{ type: slack, channel: deployments, secretRef: { name: chat } }',
    ),
    object(
      `${notification}/v1beta3`,
      'Alert',
      'chat',
      "{ providerRef: { name: chat }, eventSeverity: info, eventSources: [{ kind: Kustomization, name: '*' }] }",
    ),
    object(
      `${notification}/v1`,
      'Receiver',
      'hook',
      '{ type: generic, secretRef: { name: hook }, resources: [{ kind: GitRepository, name: app }] }',
    ),
  ].join('---\n')
}
