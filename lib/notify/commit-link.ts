import { parseRevision } from '../artifact/revision.ts'

/**
 * Where a commit can be looked at in a browser; undefined where the source has no such place.
 * GitHub, Gitea and their kin say `/commit/`, GitLab `/-/commit/`, Bitbucket `/commits/`.
 */
export function commitUrl(sourceUrl: string, revision: string): string | undefined {
  const hash = parseRevision(revision)?.hash ?? ''
  const home = homeOf(sourceUrl)
  if (home === undefined || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash)) return undefined
  return `${home.href}/${wordOf(home.host)}/${hash}`
}

function wordOf(host: string): string {
  if (/(?:^|[.-])gitlab[.-]/.test(host)) return '-/commit'
  return /(?:^|\.)bitbucket\.org$/.test(host) ? 'commits' : 'commit'
}

/** The page of the repository: no credentials, no `.git`, ssh addresses as https ones. */
function homeOf(sourceUrl: string): { readonly href: string; readonly host: string } | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(?!\/)(.+)$/.exec(sourceUrl)
  const url = URL.parse(scp === null ? sourceUrl : `ssh://${scp[1]}/${scp[2]}`)
  if (url === null || url.hostname === '') return undefined
  if (!/^(?:https?|ssh):$/.test(url.protocol)) return undefined
  const isSsh = url.protocol === 'ssh:'
  const origin = isSsh ? `https://${url.hostname}` : `${url.protocol}//${url.host}`
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')
  if (path.length < 2) return undefined
  return { href: `${origin}${path.replace(/[()<>|*_~`]/g, percent)}`, host: url.hostname }
}

/** Characters that would end a link in a chat's markup. */
function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
