import { createTree, type Tree } from '../artifact/tree.ts'
import { BuildError } from '../kustomize/build-error.ts'
import type { Checkout } from './git/checkout.ts'

/** A repository whose submodules are in their places; what could not be had is told by its path and why. */
export type WholeCheckout = Pick<Checkout, 'files' | 'links'> & {
  readonly missing: ReadonlyMap<string, string>
}

/** As many links as a system follows for one path. */
const maxLinks = 40
const maxLinkLength = 4096

/**
 * A repository as a tree, in which symbolic links lead where they lead in a clone. Throws BuildError where a path leads out of
 * the repository, in a circle, or into a submodule that could not be had.
 */
export function createCheckoutTree({ files, links, missing }: WholeCheckout): Tree {
  const nothing = { bytes: new Uint8Array(), isExecutable: false }
  const places = [...links.keys(), ...missing.keys()].map((path) => [path, nothing] as const)
  const plain = createTree(new Map([...places, ...files]))
  if (places.length === 0) return plain
  const stepInto = (walk: Walk, segment: string): void => {
    const place = [...walk.done, segment].join('/')
    const why = missing.get(place)
    if (why !== undefined) throw failed(`${place} is a submodule: ${why}`)
    const link = links.get(place)
    if (link === undefined) walk.done.push(segment)
    else followLink(walk, link)
  }
  const realPath = (path: string): string => {
    const walk: Walk = { path, done: [], left: path.split('/').reverse(), followed: 0 }
    for (let segment = walk.left.pop(); segment !== undefined; segment = walk.left.pop()) {
      if (segment === '' || segment === '.') continue
      if (segment !== '..') stepInto(walk, segment)
      else if (walk.done.pop() === undefined) throw leadsOut(path)
    }
    return walk.done.join('/')
  }
  return {
    kindOf: (path) => plain.kindOf(realPath(path)),
    read: (path) => plain.read(realPath(path)),
    list: (path) => plain.list(realPath(path)),
    realPath,
  }
}

/** How far a path has been resolved; what is left stands in reverse order. */
type Walk = {
  readonly path: string
  readonly done: string[]
  readonly left: string[]
  followed: number
}

function followLink(walk: Walk, link: string): void {
  if (link.startsWith('/')) throw leadsOut(walk.path)
  if (link.length > maxLinkLength) throw failed(`${walk.path}: a symbolic link is too long`)
  walk.followed += 1
  if (walk.followed > maxLinks) throw failed(`${walk.path}: its symbolic links lead in a circle`)
  walk.left.push(...link.split('/').reverse())
}

function leadsOut(path: string): BuildError {
  return new BuildError(
    'PathOutsideRoot',
    `${path}: a symbolic link leads out of the repository; copy the file instead`,
    { data: { file: path } },
  )
}

function failed(message: string): BuildError {
  return new BuildError('RemoteFailed', message)
}
