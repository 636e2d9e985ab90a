import { defaultPatterns, versionControlPatterns } from './ignore-defaults.ts'
import { matchPattern, type Pattern, readPatterns } from './ignore-pattern.ts'

/** The rules that leave files out of an artifact. */
export type IgnoreRules = {
  /** Folder (root: the empty path) → text of its `.sourceignore`. */
  readonly ignoreFiles: ReadonlyMap<string, string>
  /** `spec.ignore`; its rules come last and so win. */
  readonly specIgnore?: string
  /** `none` for buckets, whose rules stand alone. */
  readonly defaults?: 'all' | 'none'
}

/** True where a file or folder stays out of the artifact. */
export type Ignore = (path: string, isFolder: boolean) => boolean

export const ignoreFileName = '.sourceignore'

/**
 * The matcher of a source: the last rule that matches a path, or a folder above it, decides.
 * One rule of the user's own anywhere takes the default extensions, CI files and extras away and
 * leaves only the version control set. A path is asked alone, so `!` works below an excluded folder
 * where its rule comes later. Source: fluxcd/pkg/sourceignore, in go-git's dialect.
 */
export function createIgnore(rules: IgnoreRules): Ignore {
  const own = ownPatterns(rules)
  const patterns = [...basePatterns(rules, own.length > 0), ...own].reverse()
  return (path, isFolder) => {
    const segments = path.split('/')
    const decider = patterns.find((pattern) => matchPattern(pattern, segments, isFolder))
    return decider !== undefined && !decider.isInclusion
  }
}

function basePatterns(rules: IgnoreRules, hasOwn: boolean): readonly Pattern[] {
  if (rules.defaults === 'none') return []
  return hasOwn ? versionControlPatterns : defaultPatterns
}

/** Deeper folders after the ones above them, then the spec's. */
function ownPatterns({ ignoreFiles, specIgnore }: IgnoreRules): readonly Pattern[] {
  const folders = [...ignoreFiles.keys()].sort()
  const fromFiles = folders.flatMap((folder) =>
    readPatterns(ignoreFiles.get(folder) ?? '', folder === '' ? [] : folder.split('/')),
  )
  return [...fromFiles, ...readPatterns(specIgnore ?? '', [])]
}
