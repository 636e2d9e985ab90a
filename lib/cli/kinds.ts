import { nearestName } from '../kustomize/file/nearest-name.ts'

/** The words people use for kinds, as flux does. */
export type KindWord = {
  readonly kind: string
  /** What flux calls one of them in messages. */
  readonly singular: string
  readonly words: readonly string[]
  /** Columns between name and message. Source: flux get. */
  readonly columns: readonly Column[]
  /** True where there is nothing to reconcile: it is only read by others. */
  readonly isStatic: boolean
}

export type Column = 'REVISION' | 'SUSPENDED' | 'READY'

const all: readonly Column[] = ['REVISION', 'SUSPENDED', 'READY']
const withoutRevision: readonly Column[] = ['SUSPENDED', 'READY']

export const kindWords: readonly KindWord[] = [
  kindWord('Kustomization', 'kustomization', ['kustomization', 'kustomizations', 'ks'], all),
  kindWord('GitRepository', 'source git', ['source git', 'sources git', 'gitrepository'], all),
  kindWord('Bucket', 'source bucket', ['source bucket', 'sources bucket', 'bucket'], all),
  kindWord('Alert', 'alert', ['alert', 'alerts'], withoutRevision),
  kindWord(
    'Provider',
    'alert-provider',
    ['alert-provider', 'alert-providers', 'provider'],
    ['READY'],
  ),
  kindWord('Receiver', 'receiver', ['receiver', 'receivers'], withoutRevision),
  // Not built yet: they are kept, and shown as stalled.
  kindWord('HelmRelease', 'helmrelease', ['helmrelease', 'helmreleases', 'hr'], all),
  kindWord('HelmRepository', 'source helm', ['source helm', 'sources helm'], all),
  kindWord('HelmChart', 'source chart', ['source chart', 'sources chart'], all),
  kindWord('OCIRepository', 'source oci', ['source oci', 'sources oci'], all),
]

/** The kind behind words such as `ks` or `sources git`; undefined where there is none. */
export function findKind(words: readonly string[]): KindWord | undefined {
  const wanted = words.join(' ').toLowerCase()
  return kindWords.find((each) => each.words.includes(wanted))
}

/** Splits `source git NAME` and `ks NAME` into the kind and what follows it. */
export function splitKind(
  words: readonly string[],
): { readonly kind: KindWord; readonly rest: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const kind = findKind(words.slice(0, count))
    if (kind !== undefined) return { kind, rest: words.slice(count) }
  }
  return undefined
}

export const kindHelp =
  'kustomization (ks), source git, source bucket, alert, alert-provider, receiver'

/** Those that there is something to reconcile of. */
export const activeKindHelp = 'kustomization (ks), source git, source bucket, receiver'

/** What to say of words that begin with no kind; `more` are further words that may stand there. */
export function unknownKind(words: readonly string[], more: readonly string[] = []): string {
  const known = [...kindWords.flatMap((each) => each.words), ...more]
  const written = words.join(' ')
  const nearest = nearestName(written, known) ?? nearestName(words[0] ?? '', known)
  const hint = nearest === undefined ? '' : `, did you mean '${nearest}'`
  return `'${written}' is no kind${hint}; use ${[...more, kindHelp].join(', ')}`
}

function kindWord(
  kind: string,
  singular: string,
  words: readonly string[],
  columns: readonly Column[],
): KindWord {
  const isStatic = kind === 'Alert' || kind === 'Provider'
  return { kind, singular, words, columns, isStatic }
}
