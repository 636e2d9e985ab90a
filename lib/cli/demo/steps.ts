import { shortRevision } from '../../artifact/revision.ts'
import type { ObjectId } from '../../fleet/object-id.ts'
import { eventually, require } from './eventually.ts'
import { createLook, refTo, valueAt } from './look.ts'
import { type ClusterName, clusterNames, type World } from './world.ts'

/** One step of the story: what it does, and claims that it checks in the clusters themselves. */
export type Step = {
  readonly title: string
  /** Plays the step; each line given to `say` is one thing that was seen to happen. */
  readonly play: (world: World, say: (line: string) => void) => Promise<void>
}

const image = 'ghcr.io/stefanprodan/podinfo'

export const steps: readonly Step[] = [
  { title: 'First sync: two clusters come up from their repositories', play: firstSync },
  { title: 'git push: a new image, and an object that leaves', play: pushChange },
  { title: 'Upload: a file in a bucket changes', play: upload },
  { title: 'Drift: a hand changes and deletes objects in a cluster', play: drift },
  { title: 'A broken commit is refused, and the clusters stay as they were', play: breakCommit },
  { title: 'The commit that fixes it', play: fixCommit },
]

async function firstSync(world: World, say: (line: string) => void): Promise<void> {
  const startedAt = performance.now()
  await world.runtime.start()
  for (const cluster of clusterNames) {
    await eventually(`all Kustomizations of ${cluster} are ready`, async () => {
      const objects = await world.runtime.operations.objects({ cluster, kind: 'Kustomization' })
      return objects.length === 3 && objects.every(({ ready }) => ready === 'True')
    })
    const look = createLook(world)
    for (const kind of ['Deployment', 'Service', 'ServiceAccount', 'HorizontalPodAutoscaler']) {
      require((await look.find(cluster, kind, 'podinfo')) !==
        undefined, `${kind}/podinfo is in ${cluster}`)
    }
    const client = await look.client(cluster)
    const configMaps = await client.list(
      { group: '', version: 'v1', kind: 'ConfigMap' },
      { namespace: `podinfo-${cluster}` },
    )
    const names = configMaps.map(({ metadata }) => metadata.name)
    require(names.some((name) =>
      /^podinfo-config-\w{10}$/.test(name),
    ), `a generated ConfigMap is in ${cluster}`)
    require(names.includes('feature-flags'), `the bucket's ConfigMap is in ${cluster}`)
    say(
      `${cluster}: ${names.length} ConfigMaps, Deployment, Service, ServiceAccount, HPA; image ${await look.image(cluster)}`,
    )
  }
  say(`everything ready ${seconds(startedAt)} after the start`)
}

async function pushChange(world: World, say: (line: string) => void): Promise<void> {
  const look = createLook(world)
  await world.podinfo.edit('base/kustomization.yaml', (text) =>
    text.replace('newTag: 6.9.0', 'newTag: 6.9.1').replace('  - hpa.yaml\n', ''),
  )
  await world.podinfo.edit('overlays/production/kustomization.yaml', (text) =>
    text.slice(0, text.indexOf('patches:')),
  )
  await world.podinfo.remove('base/hpa.yaml')
  const sha = await world.podinfo.push('Update podinfo to 6.9.1, scale by hand')
  const pushedAt = performance.now()
  for (const cluster of clusterNames) {
    await eventually(
      `${cluster} runs 6.9.1`,
      async () => (await look.image(cluster)) === `${image}:6.9.1`,
    )
    say(`${cluster}: image 6.9.1 visible ${seconds(pushedAt)} after git push returned`)
    await eventually(`the HPA left ${cluster}`, async () => {
      return (await look.find(cluster, 'HorizontalPodAutoscaler', 'podinfo')) === undefined
    })
    say(`${cluster}: HorizontalPodAutoscaler/podinfo pruned`)
    await readyAt(world, cluster, 'podinfo', `main@sha1:${sha}`)
  }
  sayDeliveries(world, say, 'GitHub push webhook')
}

async function upload(world: World, say: (line: string) => void): Promise<void> {
  const look = createLook(world)
  const text = 'checkout.v2=true\nbanner=black-friday\n'
  await world.bucket.put('settings', 'settings/flags.properties', Buffer.from(text))
  const uploadedAt = performance.now()
  for (const cluster of clusterNames) {
    await eventually(`${cluster} has the new flags`, async () => {
      const flags = await look.find(cluster, 'ConfigMap', 'feature-flags')
      return valueAt(flags ?? null, ['data', 'flags.properties']) === text
    })
    say(`${cluster}: ConfigMap/feature-flags changed ${seconds(uploadedAt)} after the upload`)
  }
  await eventually('the event was delivered', async () => world.bucket !== undefined)
  sayDeliveries(world, say, 'S3 event')
}

async function drift(world: World, say: (line: string) => void): Promise<void> {
  const look = createLook(world)
  const client = await look.client('production')
  const deployment = refTo('production', 'Deployment', 'podinfo')
  const service = refTo('production', 'Service', 'podinfo')
  await client.patch(
    deployment,
    { spec: { template: { spec: { containers: [handMadeContainer] } } } },
    { type: 'merge' },
  )
  await client.delete(service, {})
  require((await look.image('production')) ===
    'example.com/by-hand:1', 'the hand-made image is there')
  say('by hand: image of Deployment/podinfo changed, Service/podinfo deleted in production')
  const changedAt = performance.now()
  await eventually('the schedule put the image back', async () => {
    return (await look.image('production')) === `${image}:6.9.1`
  })
  await eventually('the schedule brought the Service back', async () => {
    return (await look.find('production', 'Service', 'podinfo')) !== undefined
  })
  say(`found and repaired by the schedule ${seconds(changedAt)} later (interval 5s)`)
}

const handMadeContainer = { name: 'podinfod', image: 'example.com/by-hand:1' }

async function breakCommit(world: World, say: (line: string) => void): Promise<void> {
  const look = createLook(world)
  const before = await Promise.all(
    clusterNames.map((cluster) => look.find(cluster, 'Deployment', 'podinfo')),
  )
  await world.podinfo.edit('base/kustomization.yaml', (text) => `${text}  - name: [broken\n`)
  const sha = await world.podinfo.push('Break the kustomization file')
  for (const cluster of clusterNames) {
    const { found } = await eventually(`${cluster} refuses the broken commit`, async () => {
      const object = await world.runtime.operations.object(idOf(cluster, 'podinfo'))
      const hasTried = object?.status.lastAttemptedRevision === `main@sha1:${sha}`
      return hasTried && object.ready === 'False' ? object : undefined
    })
    require(found.reason === 'BuildFailed', `the reason is BuildFailed, not ${found.reason}`)
    say(`${cluster}: ${found.reason}: ${found.message.split('\n')[0]}`)
  }
  const after = await Promise.all(
    clusterNames.map((cluster) => look.find(cluster, 'Deployment', 'podinfo')),
  )
  for (const [index, cluster] of clusterNames.entries()) {
    const isSame = JSON.stringify(before[index]?.spec) === JSON.stringify(after[index]?.spec)
    require(isSame && after[index] !== undefined, `${cluster} stayed as it was`)
  }
  say('both clusters stayed as they were')
  world.takeDeliveries()
}

async function fixCommit(world: World, say: (line: string) => void): Promise<void> {
  const look = createLook(world)
  await world.podinfo.edit('base/kustomization.yaml', (text) =>
    text.replace('  - name: [broken\n', '').replace('newTag: 6.9.1', 'newTag: 6.9.2'),
  )
  const sha = await world.podinfo.push('Mend the kustomization file, update podinfo to 6.9.2')
  const pushedAt = performance.now()
  for (const cluster of clusterNames) {
    await eventually(
      `${cluster} runs 6.9.2`,
      async () => (await look.image(cluster)) === `${image}:6.9.2`,
    )
    say(`${cluster}: image 6.9.2 visible ${seconds(pushedAt)} after git push returned`)
    await readyAt(world, cluster, 'podinfo', `main@sha1:${sha}`)
  }
  say(`both clusters ready at ${shortRevision(`main@sha1:${sha}`)}`)
  sayDeliveries(world, say, 'GitHub push webhook')
}

async function readyAt(
  world: World,
  cluster: ClusterName,
  name: string,
  revision: string,
): Promise<void> {
  await eventually(`${name} of ${cluster} is ready at ${revision}`, async () => {
    const object = await world.runtime.operations.object(idOf(cluster, name))
    return object?.ready === 'True' && object.status.lastAppliedRevision === revision
  })
}

function sayDeliveries(world: World, say: (line: string) => void, what: string): void {
  for (const { status, tookMs } of world.takeDeliveries()) {
    require(status === 202, `the ${what} was answered 202, not ${status}`)
    say(`${what} answered ${status} in ${tookMs.toFixed(1)} ms`)
  }
}

function idOf(cluster: ClusterName, name: string): ObjectId {
  return { cluster, kind: 'Kustomization', namespace: 'flux-system', name }
}

function seconds(since: number): string {
  const ms = performance.now() - since
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`
}
