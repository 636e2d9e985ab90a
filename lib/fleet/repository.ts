/**
 * One key for all spellings of a repository: scheme, user, default port, case, `.git` and trailing slashes do not count,
 * so that what a webhook calls a repository finds the sources that follow it. It only finds them; it proves nothing.
 */
export function repositoryKey(url: string): string | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(?!\/)(.+)$/.exec(url)
  const parsed = URL.parse(scp === null ? url : `ssh://${scp[1]}/${scp[2]}`)
  if (parsed === null || !/^(?:https?|ssh|git):$/.test(parsed.protocol)) return undefined
  const host = /^https?:$/.test(parsed.protocol) ? parsed.host : parsed.hostname
  const path = parsed.pathname
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
  return path === '' ? undefined : `${host}/${path}`.toLowerCase()
}

/** The key of a bucket; events name it without its endpoint. */
export function bucketKey(bucketName: string): string {
  return `s3:${bucketName}`
}
