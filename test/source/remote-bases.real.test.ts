import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { createAddressCheck } from '../../lib/http/address-policy.ts'
import { createOutbound } from '../../lib/http/outbound.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { buildWithRemotes } from '../../lib/source/remote-bases.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { requirePeer } from '../peers/peers.ts'

const run = promisify(execFile)
const pod = (name: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n`

const repository = {
  'kustomization.yaml': 'resources: [root.yaml]\n',
  'root.yaml': pod('root'),
  'a/kustomization.yaml': 'resources: [a.yaml, ../b]\nnamePrefix: a-\n',
  'a/a.yaml': pod('a'),
  'a/picture.jpg/b.txt': 'kept, though Flux would leave it out\n',
  'b/kustomization.yaml': 'resources: [b.yaml]\nconfigMapGenerator: [{name: c, literals: [d=e]}]\n',
  'b/b.yaml': pod('b'),
  'files/kustomization.yaml': 'configMapGenerator: [{name: c, files: [picture.jpg]}]\n',
  'files/picture.jpg': 'not for an artifact\n',
  'out/kustomization.yaml': 'resources: [../../outside]\n',
  'up/kustomization.yaml': 'resources: [../root.yaml]\n',
  'part/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: part-\n',
}

/** A text that starts with an arrow is where a symbolic link leads. */
const linked = {
  'kustomization.yaml': 'resources: [one]\n',
  alias: '-> one',
  'one/kustomization.yaml': 'resources: [a.yaml]\n',
  'one/a.yaml': '-> b/a.yaml',
  'one/b/a.yaml': pod('linked'),
  'two/kustomization.yaml': 'resources: [folder, far/a.yaml]\n',
  'two/folder': '-> ../one/../one',
  'two/far': '-> near',
  'two/near/a.yaml': pod('near'),
  'three/kustomization.yaml': 'resources: [a.yaml]\n',
  'three/a.yaml': '-> ../one/b/a.yaml',
  'four/kustomization.yaml': 'resources: [a.yaml]\n',
  'four/a.yaml': '-> /etc/hostname',
  'five/kustomization.yaml': 'resources: [a.yaml]\n',
  'five/a.yaml': '-> a.yaml',
}

const outer = {
  'kustomization.yaml': 'resources: [near/a]\nnamePrefix: outer-\n',
  'alone/kustomization.yaml': 'resources: [pod.yaml]\n',
  'alone/pod.yaml': pod('alone'),
  'through/kustomization.yaml': 'resources: [app/a]\nnameSuffix: -through\n',
  'through/app': '-> ../vendor/app',
}

/** `$GIT` and `$WEB` stand for the two servers. */
const works: Readonly<Record<string, string>> = {
  'the head': 'resources:\n- $GIT/acme/app.git\n',
  'a folder': 'resources:\n- $GIT/acme/app.git/a\n',
  'a folder behind two slashes': 'resources:\n- $GIT/acme/app//a\n',
  'a folder of the first two segments': 'resources:\n- $GIT/acme/app/a\n',
  'the prefix git::': 'resources:\n- git::$GIT/acme/app//a\n',
  'a branch': 'resources:\n- $GIT/acme/app//a?ref=next\n',
  'a tag, as a version': 'resources:\n- $GIT/acme/app//a?version=v1\n',
  'a tag before a branch of the same name': 'resources:\n- $GIT/acme/app//?ref=both\n',
  'a whole ref': 'resources:\n- $GIT/acme/app//a?ref=refs/heads/next\n',
  'a commit': 'resources:\n- $GIT/acme/app//a?ref=$SHA\n',
  'a short commit': 'resources:\n- $GIT/acme/app//a?ref=$SHORT\n',
  'no such ref': 'resources:\n- $GIT/acme/app//a?ref=nowhere\n',
  'no such folder': 'resources:\n- $GIT/acme/app//nowhere\n',
  'no such repository': 'resources:\n- $GIT/acme/nowhere\n',
  'other parameters': 'resources:\n- $GIT/acme/app//a?timeout=60s&submodules=false&ref=v1\n',
  'a component': 'resources:\n- $WEB/pod.yaml\ncomponents:\n- $GIT/acme/app//part\n',
  'the same twice, a conflict': 'resources:\n- $GIT/acme/app//a\n- $GIT/acme/app//a\n',
  'files of any name': 'resources:\n- $GIT/acme/app//files\n',
  'a base outside the repository': 'resources:\n- $GIT/acme/app//out\n',
  'a file outside its folder': 'resources:\n- $GIT/acme/app//up\n',
  origins:
    'resources:\n- $GIT/acme/app//a?ref=v1\n- $WEB/org/x/pod.yaml\n- $GIT/acme/app\nbuildMetadata: [originAnnotations, transformerAnnotations]\nnamePrefix: x-\n',
  'a file': 'resources:\n- $WEB/pod.yaml\n',
  'a file behind a redirect': 'resources:\n- $WEB/moved\n',
  'a file that is not there': 'resources:\n- $WEB/nowhere.yaml\n',
  'a file that is no resource': 'resources:\n- $WEB/text\n',
  'a patch': 'resources: [a.yaml]\npatches:\n- path: $WEB/patch.yaml\n',
  'a generated file': 'configMapGenerator:\n- name: a\n  files: [x=$WEB/text]\n',
  'a linked file': 'resources:\n- $GIT/acme/linked//one\n',
  'a linked folder': 'resources:\n- $GIT/acme/linked//two\n',
  'a folder by its link': 'resources:\n- $GIT/acme/linked//alias\n',
  'a link outside its folder': 'resources:\n- $GIT/acme/linked//three\n',
  'a link outside the repository': 'resources:\n- $GIT/acme/linked//four\n',
  'a link outside of everything, to itself': 'resources:\n- $GIT/acme/linked//five\n',
  submodules: 'resources:\n- $GIT/acme/outer\n',
  'a folder of a submodule': 'resources:\n- $GIT/acme/outer//vendor/app/a?submodules=true\n',
  'a submodule through a link': 'resources:\n- $GIT/acme/outer//through\n',
  'submodules that are not there, for they are not wanted':
    'resources:\n- $GIT/acme/outer?submodules=false\n',
  'no submodules wanted, and none needed':
    'resources:\n- $GIT/acme/outer//alone?submodules=false\n',
  'a repository that names another': 'resources:\n- $GIT/acme/chain\n',
}

const failing = /^no such|short|outside|not there|no resource|conflict/

const pages: Readonly<Record<string, string>> = {
  '/pod.yaml': pod('web'),
  '/org/x/pod.yaml': pod('deep'),
  '/text': 'only words\n',
  '/patch.yaml': `${pod('a')}spec: {b: c}\n`,
}

describeWithPeers(['kustomize'], 'remote files and bases', () => {
  let folder: string
  let web: Server
  let git: { readonly url: string; readonly close: () => Promise<void> }
  let names: Readonly<Record<string, string>>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftless-remote-'))
    web = createServer((request, response) => {
      const text = pages[request.url ?? '']
      if (request.url === '/moved') response.writeHead(302, { Location: '/pod.yaml' }).end()
      else response.writeHead(text === undefined ? 404 : 200).end(text)
    }).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const server = createGitServer({ root: join(folder, 'root') })
    git = await server.listen()
    const address = web.address()
    const webUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    await fill(await server.createRepository('acme/app'), repository)
    const chain = {
      'kustomization.yaml': `resources: ["${git.url}/acme/app//b?ref=v1"]\nnameSuffix: -z\n`,
    }
    await fill(await server.createRepository('acme/chain'), chain)
    await fill(await server.createRepository('acme/linked'), linked)
    const { stdout: head } = await run('git', [
      '-C',
      join(folder, 'fill-acme-app'),
      'rev-parse',
      'v1~0',
    ])
    const modules = { near: '../app.git', 'vendor/app': `${git.url}/acme/app.git` }
    const fields = Object.entries(modules).map(
      ([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`,
    )
    const files = { ...outer, '.gitmodules': fields.join('') }
    const commits = Object.keys(modules).map((path) => `160000,${head.trim()},${path}`)
    await fill(await server.createRepository('acme/outer'), files, commits)
    const { stdout } = await run('git', [
      '-C',
      join(folder, 'fill-acme-app'),
      'rev-parse',
      'HEAD~1',
    ])
    const sha = stdout.trim()
    names = { $GIT: git.url, $WEB: webUrl, $SHA: sha, $SHORT: sha.slice(0, 10) }
  })

  afterAll(async () => {
    web?.close()
    await git?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const identity = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b' }
  const env = { ...process.env, ...identity, GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' }

  /** Two commits on `main`; tag `v1` is the first, branch `next` the second. */
  async function fill(
    bare: string,
    files: Readonly<Record<string, string>>,
    submodules: readonly string[] = [],
  ): Promise<void> {
    const name = bare
      .split('/')
      .slice(-2)
      .join('-')
      .replace(/\.git$/, '')
    const work = join(folder, `fill-${name}`)
    await run('git', ['init', '-q', '-b', 'main', work], { env })
    const git = (...args: readonly string[]) => run('git', ['-C', work, ...args], { env })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(work, path)), { recursive: true })
      const target = /^-> (.*)$/.exec(text)?.[1]
      if (target === undefined) await writeFile(join(work, path), text)
      else await symlink(target, join(work, path))
    }
    await git('add', '-A')
    for (const entry of submodules) await git('update-index', '--add', '--cacheinfo', entry)
    await git('commit', '-q', '-m', 'one')
    await git('tag', '-a', 'v1', '-m', 'v1')
    await git('tag', 'both')
    await writeFile(join(work, 'root.yaml'), pod('newer'))
    await mkdir(join(work, 'a'), { recursive: true })
    await writeFile(join(work, 'a/a.yaml'), pod('newer'))
    await git('add', 'a', 'root.yaml')
    await git('commit', '-q', '-m', 'two')
    await git('branch', 'next')
    await git('branch', 'both')
    await git('push', '-q', bare, 'main', 'next', 'v1', 'refs/tags/both', 'refs/heads/both')
  }

  async function buildReal(files: Readonly<Record<string, string>>): Promise<string | undefined> {
    const work = await mkdtemp(join(folder, 'work-'))
    for (const [path, text] of Object.entries(files)) await writeFile(join(work, path), text)
    try {
      return (await run(requirePeer('kustomize'), ['build', work], { env })).stdout
    } catch {
      return undefined
    }
  }

  async function buildOurs(files: Readonly<Record<string, string>>): Promise<string | undefined> {
    const hosts = [git.url, names.$WEB ?? ''].map((url) => new URL(url).host)
    const checkAddress = createAddressCheck({ allowPrivate: false, allowed: ['127.0.0.1'] })
    const outbound = createOutbound({ checkAddress })
    const build = (remotes: Parameters<Parameters<typeof buildWithRemotes>[0]>[0]): string =>
      buildText(treeOfTexts(files), '', { remotes }).text
    try {
      return await buildWithRemotes(build, { outbound, hosts })
    } catch {
      return undefined
    } finally {
      outbound.close()
    }
  }

  it.each(Object.entries(works))('give what they give kustomize: %s', async (name, written) => {
    const file = Object.entries(names).reduce(
      (all, [key, value]) => all.replaceAll(key, value),
      written,
    )
    const files = { 'kustomization.yaml': file, 'a.yaml': pod('a') }
    const text = await buildOurs(files)
    expect(text === undefined).toBe(failing.test(name))
    expect(text).toBe(await buildReal(files))
  })
})
