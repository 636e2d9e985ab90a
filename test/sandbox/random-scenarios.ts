import type { Json, JsonObject } from '../../lib/manifest/object.ts'
import { apply, apps, core, patch, type Scenario, type Step } from './scenarios/requests.ts'

/** Random objects of one kind, and where they are. */
type Kind = { readonly path: string; readonly make: (dice: Dice) => JsonObject }

/** The same throws for the same seed. */
type Dice = {
  readonly number: () => number
  readonly chance: (share: number) => boolean
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T
  /** Some of the entries. */
  readonly some: (entries: JsonObject) => JsonObject
  /** Some of `count` items, in any order. */
  readonly items: (count: number, make: (index: number) => JsonObject) => readonly JsonObject[]
}

/** Scenarios in which three managers apply, force and patch what they like. */
export function randomScenarios(
  kind: 'ConfigMap' | 'Deployment' | 'Gadget' | 'Service',
  count: number,
  seed: number,
): readonly Scenario[] {
  const dice = createDice(seed)
  return Array.from({ length: count }, (_, index) => ({
    name: `${kind} ${index} of seed ${seed}`,
    steps: Array.from({ length: 7 }, () => randomStep(kinds[kind], dice)),
  }))
}

function randomStep({ path, make }: Kind, dice: Dice): Step {
  const manager = dice.pick(['one', 'two', 'three'])
  const body = make(dice)
  if (dice.chance(0.8)) {
    return apply(path, manager, body, dice.chance(0.6) ? { force: 'true' } : {})
  }
  const { metadata = {} } = body
  return patch(path, 'merge', { metadata, ...(body.data === undefined ? {} : { data: body.data }) })
}

function createDice(seed: number): Dice {
  let state = seed
  const number = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
  const chance = (share: number): boolean => number() < share
  return {
    number,
    chance,
    pick: (choices) => choices[Math.floor(number() * choices.length)] ?? choices[0],
    some: (entries) => Object.fromEntries(Object.entries(entries).filter(() => chance(0.6))),
    items: (count, make) =>
      Array.from({ length: count }, (_, index) => index)
        .filter(() => chance(0.6))
        .map((index) => ({ index, place: number() }))
        .sort((a, b) => a.place - b.place)
        .map(({ index }) => make(index)),
  }
}

function metadata(dice: Dice): JsonObject {
  return {
    name: 'any',
    ...dice.some({
      // Never empty: in a custom resource an empty map is kept unseen, and the next write counts as a change.
      labels: { a: '1', ...dice.some({ b: dice.pick(['1', '2']) }) },
      annotations: { y: '', ...dice.some({ x: dice.pick(['1', '2']) }) },
      finalizers: dice.pick<Json>([['test.example/a'], ['test.example/b', 'test.example/a']]),
    }),
  }
}

function configMap(dice: Dice): JsonObject {
  const data = dice.some({ a: dice.pick(['1', '2']), b: '1', c: '' })
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(dice), ...dice.some({ data }) }
}

function service(dice: Dice): JsonObject {
  const ports = dice.items(3, (index) => ({
    port: 80 + index,
    name: `p${index}`,
    ...dice.some({ targetPort: dice.pick<Json>([8080, 'http']), appProtocol: 'http' }),
  }))
  const spec = {
    ports: [...ports, { port: 99, name: 'last' }],
    ...dice.some({
      selector: dice.some({ a: '1', b: '2' }),
      sessionAffinity: dice.pick(['None', 'ClientIP']),
      publishNotReadyAddresses: dice.chance(0.5),
    }),
  }
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(dice), spec }
}

function container(dice: Dice, name: string): JsonObject {
  return {
    name,
    image: dice.pick(['a:1', 'b', 'c:latest']),
    ...dice.some({
      env: dice.items(4, (index) => ({ name: `E${index}`, value: dice.pick(['', '1', '2']) })),
      ports: dice.items(3, (index) => ({
        containerPort: 80 + index,
        ...dice.some({ protocol: dice.pick(['TCP', 'UDP']), name: `p${index}` }),
      })),
      args: dice.pick<Json>([[], ['x'], ['y', 'z']]),
      resources: dice.pick<JsonObject>([
        {},
        { limits: { cpu: dice.pick(['1', '1000m', '0.5']) } },
        { requests: { memory: '64Mi' } },
      ]),
      imagePullPolicy: dice.pick(['Always', 'Never']),
      volumeMounts: dice.items(2, (index) => ({ name: `v${index}`, mountPath: `/m${index}` })),
      tty: dice.chance(0.5),
      securityContext: dice.pick<JsonObject>([
        {},
        { runAsUser: 0 },
        { capabilities: { drop: ['ALL'] } },
      ]),
    }),
  }
}

function deployment(dice: Dice): JsonObject {
  const containers = [container(dice, 'c0'), ...(dice.chance(0.5) ? [container(dice, 'c1')] : [])]
  const podSpec = {
    containers: dice.chance(0.5) ? containers : containers.toReversed(),
    volumes: [
      { name: 'v0', emptyDir: {} },
      { name: 'v1', configMap: { name: dice.pick(['x', 'y']) } },
    ],
    ...dice.some({
      nodeSelector: dice.some({ d: '1', e: '2' }),
      tolerations: dice.items(2, (index) => ({ key: `k${index}` })),
      imagePullSecrets: dice.items(2, (index) => ({ name: `s${index}` })),
      hostNetwork: false,
      dnsPolicy: dice.pick(['Default', 'ClusterFirst']),
      terminationGracePeriodSeconds: dice.pick([0, 30, 60]),
    }),
  }
  const labels = { app: 'any', ...dice.some({ l: '1' }) }
  const strategies: readonly [JsonObject, ...JsonObject[]] = [
    {},
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: dice.pick<Json>([1, '10%']) } },
  ]
  const spec = {
    selector: { matchLabels: { app: 'any' } },
    template: { metadata: { labels }, spec: podSpec },
    ...dice.some({
      replicas: dice.pick([0, 1, 2]),
      paused: dice.chance(0.5),
      minReadySeconds: dice.pick([0, 5]),
      strategy: dice.pick(strategies),
    }),
  }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(dice), spec }
}

function gadget(dice: Dice): JsonObject {
  const spec = {
    size: dice.pick([1, 2]),
    ...dice.some({
      mode: dice.pick(['Fast', 'Safe']),
      tags: ['a', 'b', 'c'].filter(() => dice.chance(0.6)),
      plain: dice.pick<Json>([[], ['x'], ['y', 'z']]),
      labels: dice.some({ k: dice.pick(['1', '2']), l: '' }),
      free: dice.pick<Json>([{}, { a: { b: 1, c: [1] } }, { a: { b: dice.pick([1, 2]) }, d: 'x' }]),
      parts: dice.items(3, (index) => ({
        id: `p${index}`,
        ...dice.some({ weight: dice.pick([1, 2]) }),
      })),
    }),
  }
  return { apiVersion: 'NAMESPACE.example/v1', kind: 'Gadget', metadata: metadata(dice), spec }
}

const kinds: Readonly<Record<'ConfigMap' | 'Deployment' | 'Gadget' | 'Service', Kind>> = {
  ConfigMap: { path: `${core}/configmaps/any`, make: configMap },
  Deployment: { path: `${apps}/deployments/any`, make: deployment },
  Gadget: { path: '/apis/NAMESPACE.example/v1/namespaces/NAMESPACE/gadgets/any', make: gadget },
  Service: { path: `${core}/services/any`, make: service },
}
