/** What `npm run peers` can build. */
export const peerNames = [
  'kustomize',
  'etcd',
  'kube-apiserver',
  'kubectl',
  'flux',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'minio',
  'moto',
  'aws-lambda-ric',
  'source-controller',
  'kustomize-controller',
] as const

export type PeerName = (typeof peerNames)[number]

/** What plays AWS: `npm run peers -- aws`. */
export const awsPeers: readonly PeerName[] = ['minio', 'moto', 'aws-lambda-ric']

/**
 * How one program is built. `folder` names a folder under `modules/` whose lock file pins everything that
 * becomes part of it: go.sum, requirements.txt or package-lock.json. Without one the Go module itself is
 * copied and its own go.sum does that.
 */
export type Pin = {
  readonly name: PeerName
  readonly toolchain: Toolchain
  /** As the toolchain spells it: Go's begin with `v`. */
  readonly version: string
  /** The module or package that the version counts. */
  readonly module: string
  readonly package: string
  readonly folder?: string
  /** `h1:` sum of the module, where no committed go.sum holds it. */
  readonly sum?: string
  readonly ldflags: string
  /** Glob patterns inside the module, copied beside the program, so that running needs no Go. */
  readonly files: readonly string[]
  /** Arguments that make the program print its version and exit. */
  readonly versionArgs: readonly string[]
  /** Built only when asked for by name or with `--bench`. */
  readonly isForBench: boolean
  /** Part of a Kubebuilder assets folder, which is used instead where it is named. */
  readonly isKubebuilderAsset: boolean
}

export type Toolchain = 'go' | 'python' | 'npm'

export type Build = {
  readonly pin: Pin
  /** A folder of its own, gone afterwards. */
  readonly work: string
  /** Holds the program under its name in the end; moved elsewhere then, so nothing may know its path. */
  readonly result: string
  readonly logFile: string
  readonly say: (step: string) => void
}

/** Given to every `go build`; `ldflags` of a pin are added to its own. */
export const buildFlags = ['-trimpath', '-buildvcs=false', '-mod=readonly'] as const
export const linkFlags = '-s -w'

const kubernetesVersion = 'v1.36.3'

/** The versions, in build order: first what others wait for and what is quick. */
export const pins: Readonly<Record<PeerName, Pin>> = {
  kustomize: pin('kustomize', 'v5.8.1', 'sigs.k8s.io/kustomize/kustomize/v5', {
    versionArgs: ['version'],
  }),
  etcd: pin('etcd', 'v3.6.16', 'go.etcd.io/etcd/server/v3', { isKubebuilderAsset: true }),
  'kube-apiserver': kubernetes('kube-apiserver', { isKubebuilderAsset: true }),
  kubectl: kubernetes('kubectl', {
    versionArgs: ['version', '--client'],
    isKubebuilderAsset: true,
  }),
  flux: {
    ...pin('flux', 'v2.9.5', 'github.com/fluxcd/flux2/v2'),
    package: './cmd/flux',
    sum: 'h1:jwCccxvkD+2QnsjN+pl5QqM8KnFUwA8pIoQ1Lf0avkA=',
    ldflags: '-X main.VERSION=2.9.5',
  },
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kwok: {
    ...pin('kwok', 'v0.8.0', 'sigs.k8s.io/kwok'),
    package: 'sigs.k8s.io/kwok/cmd/kwok',
    files: ['node/fast', 'pod/fast', 'pod/chaos'].map((stage) => `kustomize/stage/${stage}/*.yaml`),
  },
  minio: minio('v0.0.0-20260212201848-7aac2a2c5b7c'),
  moto: { ...pin('moto', '5.2.5', 'moto'), toolchain: 'python' },
  'aws-lambda-ric': { ...pin('aws-lambda-ric', '4.0.2', 'aws-lambda-ric'), toolchain: 'npm' },
  'source-controller': controller('source-controller', 'v1.9.2'),
  'kustomize-controller': controller('kustomize-controller', 'v1.9.5'),
}

function pin(name: PeerName, version: string, module: string, more: Partial<Pin> = {}): Pin {
  return {
    name,
    toolchain: 'go',
    version,
    module,
    package: module,
    ...(name === 'flux' ? {} : { folder: name }),
    ldflags: '',
    files: [],
    versionArgs: ['--version'],
    isForBench: false,
    isKubebuilderAsset: false,
    ...more,
  }
}

function kubernetes(name: PeerName, more: Partial<Pin> = {}): Pin {
  const [major, minor] = kubernetesVersion.slice(1).split('.')
  const variables = { gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor }
  return {
    ...pin(name, kubernetesVersion, 'k8s.io/kubernetes', more),
    package: `k8s.io/kubernetes/cmd/${name}`,
    folder: 'kubernetes',
    ldflags: Object.entries(variables)
      .map(([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`)
      .join(' '),
  }
}

/** Its releases have names that Go takes for no version, and it prints the name that it is built with. */
function minio(version: string): Pin {
  const made = pin('minio', version, 'github.com/minio/minio')
  return { ...made, ldflags: `-X ${made.module}/cmd.ReleaseTag=${version}` }
}

function controller(name: PeerName, version: string): Pin {
  return pin(name, version, `github.com/fluxcd/${name}`, {
    files: ['config/crd/bases/*.yaml'],
    isForBench: true,
  })
}
