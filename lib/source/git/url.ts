import { SourceError } from '../source-error.ts'

/**
 * The URL a repository is fetched from. An `ssh://` URL of GitHub or GitLab is fetched over https, with a notice;
 * other ssh URLs are NotSupportedYet. Credentials in a URL are refused: they would end up in every status.
 */
export function fetchUrl(text: string): { readonly url: string; readonly notice?: string } {
  const url = URL.parse(text.trim())
  if (url === null) throw new SourceError('UrlInvalid', 'the URL of the source cannot be read')
  if (url.protocol === 'ssh:') return overHttps(url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new SourceError(
      'UrlInvalid',
      `the URL of the source must be http or https, not ${url.protocol}`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new SourceError(
      'UrlInvalid',
      `the URL of the source at ${url.host} holds credentials: put them into a Secret and name it in spec.secretRef`,
    )
  }
  if (url.search !== '' || url.hash !== '') {
    throw new SourceError(
      'UrlInvalid',
      `the URL of the source at ${url.host} must end with its path`,
    )
  }
  return { url: url.href.replace(/\/+$/, '') }
}

const sshHosts: ReadonlyMap<string, string> = new Map([
  ['ssh.github.com', 'github.com'],
  ['altssh.gitlab.com', 'gitlab.com'],
])

function overHttps(url: URL): { readonly url: string; readonly notice: string } {
  const host = sshHosts.get(url.hostname) ?? url.hostname
  if (!/(?:^|\.)(?:github|gitlab)\./.test(host)) {
    throw new SourceError(
      'NotSupportedYet',
      `ssh is not built yet: write https://${host}${url.pathname} with a token in the Secret`,
    )
  }
  const target = `https://${host}${url.pathname.replace(/\/+$/, '')}`
  return { url: target, notice: `ssh is not built yet: ${target} is fetched instead` }
}

/** Where a commit is shown to people; undefined for what is no https host. */
export function commitUrl(url: string, sha: string): string | undefined {
  const { protocol, host, pathname } = new URL(url)
  if (protocol !== 'https:') return undefined
  const segment = host === 'bitbucket.org' ? 'commits' : 'commit'
  return `https://${host}${pathname.replace(/\.git$/, '')}/${segment}/${sha}`
}
