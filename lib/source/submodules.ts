import { messageOf } from '../status/error.ts'
import type { WholeCheckout } from './checkout-tree.ts'
import type { Checkout } from './git/checkout.ts'
import { sourceLimits } from './limits.ts'

/** Fetches a repository at a commit. */
export type FetchCheckout = (url: string, sha: string) => Promise<Checkout>

const maxDepth = 5
const maxSubmodules = 20

/**
 * A checkout with its submodules, and theirs, in their places. One that cannot be had fails only who needs it: the real program
 * would fail at once.
 */
export async function addSubmodules(
  checkout: Checkout,
  url: string,
  fetchOne: FetchCheckout,
): Promise<WholeCheckout> {
  const budget = { left: maxSubmodules, bytes: sourceLimits.maxTreeBytes }
  return addBelow(checkout, url, { fetchOne, budget, depth: 0 })
}

/** The same without fetching any. */
export function withoutSubmodules({ files, links, submodules }: Checkout): WholeCheckout {
  const why = 'the address says submodules=false'
  return { files, links, missing: new Map([...submodules.keys()].map((path) => [path, why])) }
}

type Surroundings = {
  readonly fetchOne: FetchCheckout
  readonly budget: { left: number; bytes: number }
  readonly depth: number
}

async function addBelow(
  { files, links, submodules }: Checkout,
  url: string,
  around: Surroundings,
): Promise<WholeCheckout> {
  const whole = {
    files: new Map(files),
    links: new Map(links),
    missing: new Map<string, string>(),
  }
  const text = new TextDecoder().decode(files.get('.gitmodules')?.bytes)
  const urls = readSubmoduleUrls(text)
  for (const [path, sha] of submodules) {
    try {
      const below = await fetchBelow(joinUrl(url, urls.get(path)), sha, around)
      for (const [name, file] of below.files) whole.files.set(`${path}/${name}`, file)
      for (const [name, target] of below.links) whole.links.set(`${path}/${name}`, target)
      for (const [name, why] of below.missing) whole.missing.set(`${path}/${name}`, why)
    } catch (thrown) {
      whole.missing.set(path, messageOf(thrown))
    }
  }
  return whole
}

async function fetchBelow(url: string, sha: string, around: Surroundings): Promise<WholeCheckout> {
  const { fetchOne, budget, depth } = around
  budget.left -= 1
  if (depth >= maxDepth || budget.left < 0) {
    throw new Error(`there are more than ${maxSubmodules}, or they are nested too deep`)
  }
  const checkout = await fetchOne(url, sha)
  for (const { bytes } of checkout.files.values()) budget.bytes -= bytes.length
  if (budget.bytes < 0) throw new Error(`all hold more than ${sourceLimits.maxTreeBytes} bytes`)
  return addBelow(checkout, url, { ...around, depth: depth + 1 })
}

/** Path → address, of a file in the form of git's configuration. */
export function readSubmoduleUrls(text: string): ReadonlyMap<string, string> {
  const urls = new Map<string, string>()
  let fields = new Map<string, string>()
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line.startsWith('[')) fields = new Map()
    const equals = line.indexOf('=')
    if (equals < 0) continue
    fields.set(line.slice(0, equals).trim(), withoutQuotes(line.slice(equals + 1).trim()))
    const [path, url] = [fields.get('path'), fields.get('url')]
    if (path !== undefined && url !== undefined) urls.set(path, url)
  }
  return urls
}

function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/** An address that starts with `./` or `../` is relative to that of the repository. */
export function joinUrl(base: string, url: string | undefined): string {
  if (url === undefined) throw new Error('.gitmodules names no address for it')
  if (!/^\.\.?\//.test(url)) return url
  return new URL(url, `${base.replace(/\/+$/, '')}/`).href
}
