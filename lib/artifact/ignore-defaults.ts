import { type Pattern, readPatterns } from './ignore-pattern.ts'

/** What no artifact needs of a version control system. Source: fluxcd/pkg/sourceignore. */
export const versionControlPatterns: readonly Pattern[] = lines(
  '.git/ .gitignore .gitmodules .gitattributes',
)

/** What is left out where the user wrote no rule at all. */
export const defaultPatterns: readonly Pattern[] = [
  ...versionControlPatterns,
  ...lines('*.jpg *.jpeg *.gif *.png *.wmv *.flv *.tar.gz *.zip'),
  ...lines('.github/ .circleci/ .travis.yml .gitlab-ci.yml appveyor.yml .drone.yml'),
  ...lines('cloudbuild.yaml codeship-services.yml codeship-steps.yml'),
  ...lines('**/.goreleaser.yml **/.sops.yaml **/.flux.yaml'),
]

function lines(words: string): readonly Pattern[] {
  return readPatterns(words.replaceAll(' ', '\n'), [])
}
