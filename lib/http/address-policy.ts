import { BlockList, isIP } from 'node:net'

/** Which addresses may be connected to besides public ones. */
export type AddressPolicy = {
  /** Loopback and private networks: true for `serve`, false for functions. */
  readonly allowPrivate: boolean
  /** What may be private all the same: `10.1.0.0/16`, `192.168.0.7`, `git.corp.example`, `*.corp.example`. */
  readonly allowed?: readonly string[]
}

/** Why an address must not be connected to; undefined where it may. `hostname` is the name it was resolved from. */
export type AddressCheck = (address: string, hostname?: string) => string | undefined

/**
 * The check of every outbound connection. Metadata, link-local and multicast addresses are refused whatever the
 * policy says, in every spelling that leads to them: IPv4 inside IPv6 is looked at as the IPv4 address it is.
 */
export function createAddressCheck(policy: AddressPolicy): AddressCheck {
  const rules = policy.allowed ?? []
  const networks = networksOf(rules.filter(isNetwork))
  const names = rules.filter((rule) => !isNetwork(rule)).map((rule) => rule.toLowerCase())
  return (text, hostname) => {
    const address = innermost(text.replace(/%.*$/, ''))
    const family = familyOf(address)
    if (family === undefined) return `${JSON.stringify(text.slice(0, 60))} is no IP address`
    if (never.check(address, family)) return `${text} is a metadata, link-local or reserved address`
    if (policy.allowPrivate || !internal.check(address, family)) return undefined
    if (networks.check(address, family) || isNamed(hostname, names)) return undefined
    return `${text} is a private address, and no rule allows it`
  }
}

/** Metadata services and what no host answers on. The last octets differ by cloud: AWS, Azure, Alibaba, Oracle, Google. */
const never = networksOf([
  ...['169.254.0.0/16', 'fe80::/10', 'fec0::/10'],
  ...['fd00:ec2::/32', '168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd20:ce::254'],
  ...['224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'],
])

const internal = networksOf([
  ...['127.0.0.0/8', '::1', '0.0.0.0/8', '::'],
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
  ...['192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '5f00::/16'],
])

function networksOf(rules: readonly string[]): BlockList {
  const list = new BlockList()
  for (const rule of rules) {
    const [address = '', bits] = rule.split('/')
    const family = familyOf(address)
    if (family === undefined) continue
    list.addSubnet(address, Number(bits ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  return list
}

function isNetwork(rule: string): boolean {
  const [address = '', bits = '0'] = rule.split('/')
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}

function isNamed(hostname: string | undefined, names: readonly string[]): boolean {
  if (hostname === undefined) return false
  const host = hostname.toLowerCase().replace(/\.$/, '')
  return names.some((name) =>
    name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name,
  )
}

/** The IPv4 address that an IPv6 one stands for (mapped, compatible, NAT64, 6to4, Teredo), else the address itself. */
function innermost(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = expand(address)
  const text = groups.map((group) => group.toString(16).padStart(4, '0')).join('')
  const tail = text.slice(24)
  if (/^0{20}(?:ffff|0000)/.test(text) && !/^0{31}[01]$/.test(text)) return dotted(tail)
  if (text.startsWith('0064ff9b0000')) return dotted(tail)
  if (text.startsWith('2002')) return dotted(text.slice(4, 12))
  if (text.startsWith('20010000')) {
    return dotted((Number.parseInt(tail, 16) ^ 0xffffffff) >>> 0)
  }
  return address
}

/** Eight groups of 16 bits. */
function expand(address: string): readonly number[] {
  const quad = /[^:]+\.[^:]+$/.exec(address)?.[0]
  const plain = quad === undefined ? address : address.replace(quad, hexPair(quad))
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap: readonly string[] = new Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...gap, ...after].map((group) => Number.parseInt(group, 16))
}

function hexPair(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function dotted(value: string | number): string {
  const bits = typeof value === 'number' ? value : Number.parseInt(value, 16)
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.')
}
