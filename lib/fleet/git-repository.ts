import type { Fields, TextRule } from './fields.ts'
import { optional } from './optional.ts'
import { readSourceTiming, type SourceTiming } from './source-timing.ts'

/** Source: source-controller docs/spec/v1/gitrepositories.md. */
export type GitRepositorySpec = SourceTiming & {
  readonly url: string
  readonly ref: GitRef
  readonly secretName?: string
  readonly provider: 'generic' | 'github' | 'azure' | 'aws'
  /** gitignore text behind all `.sourceignore` files; the empty text keeps the defaults. */
  readonly ignore?: string
  readonly recurseSubmodules: boolean
  readonly sparseCheckout: readonly string[]
  readonly include: readonly GitInclude[]
  /** Fields that are understood but not built yet, by name; using one is said, never passed over. */
  readonly notBuilt: readonly string[]
}

/** Which revision is followed; precedence commit > name > tag > semver > branch. */
export type GitRef = {
  readonly branch?: string
  readonly tag?: string
  readonly semver?: string
  readonly name?: string
  readonly commit?: string
}

export type GitInclude = {
  readonly repository: string
  readonly fromPath: string
  readonly toPath: string
}

/** What a Git URL must look like. Source: Flux's CRD, which takes no scp form such as `git@host:owner/name`. */
export const gitUrlRule: TextRule = {
  pattern: /^(?:https?|ssh):\/\//,
  remedy: 'write an http://, https:// or ssh:// URL',
}
const commitRule = { pattern: /^[0-9a-f]{40}$/, remedy: 'write all 40 hex digits of the commit' }

export function readGitRepository(spec: Fields): GitRepositorySpec {
  const ref = spec.section('ref')
  const ignore = spec.text('ignore')
  const secretName = spec.section('secretRef')?.requiredText('name')
  return {
    ...readSourceTiming(spec),
    url: spec.requiredText('url', gitUrlRule),
    ref: {
      ...optional('branch', ref?.text('branch')),
      ...optional('tag', ref?.text('tag')),
      ...optional('semver', ref?.text('semver')),
      ...optional('name', ref?.text('name')),
      ...optional('commit', ref?.text('commit', commitRule)),
    },
    ...optional('secretName', secretName),
    provider: spec.choice('provider', ['generic', 'github', 'azure', 'aws']) ?? 'generic',
    ...optional('ignore', ignore),
    recurseSubmodules: spec.flag('recurseSubmodules') ?? false,
    sparseCheckout: spec.texts('sparseCheckout'),
    include: spec.sections('include').map(readInclude),
    notBuilt: ['verify', 'proxySecretRef', 'serviceAccountName'].filter((key) => spec.has(key)),
  }
}

function readInclude(fields: Fields): GitInclude {
  const repository = fields.requiredSection('repository').requiredText('name')
  return {
    repository,
    fromPath: fields.text('fromPath') ?? '',
    toPath: fields.text('toPath') ?? repository,
  }
}
