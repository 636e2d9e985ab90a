import { describe, expect, it } from 'vitest'
import { createAddressCheck } from '../../lib/http/address-policy.ts'

const open = createAddressCheck({ allowPrivate: true })
const closed = createAddressCheck({ allowPrivate: false })

describe('address policy', () => {
  it.each([
    ['AWS, Azure, Google', '169.254.169.254'],
    ['ECS tasks', '169.254.170.2'],
    ['EKS pod identity', 'fd00:ec2::23'],
    ['AWS over IPv6', 'fd00:ec2::254'],
    ['Azure’s wire server', '168.63.129.16'],
    ['Alibaba', '100.100.100.200'],
    ['Oracle', '192.0.0.192'],
    ['mapped', '::ffff:169.254.169.254'],
    ['mapped, in hex', '::ffff:a9fe:a9fe'],
    ['mapped, spelt out', '0:0:0:0:0:ffff:a9fe:a9fe'],
    ['compatible', '::169.254.169.254'],
    ['NAT64', '64:ff9b::169.254.169.254'],
    ['6to4', '2002:a9fe:a9fe::1'],
    ['Teredo', '2001:0:1:2:3:4:5601:5601'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['no address', 'metadata.google.internal'],
  ])('never lets %s through', (_, address) => {
    expect(open(address)).toBeTypeOf('string')
    expect(closed(address)).toBeTypeOf('string')
    const all = createAddressCheck({ allowPrivate: true, allowed: ['0.0.0.0/0', '::/0'] })
    expect(all(address)).toBeTypeOf('string')
  })

  it.each([
    ...['127.0.0.1', '127.255.0.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255'],
    ...['192.168.1.1', '100.64.0.1', '198.18.0.1', '::1', '::', 'fc00::1', 'fd12:3456::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::127.0.0.1', '2002:7f00:1::', '64:ff9b::a00:1'],
  ])('lets the private %s through where the policy says so', (address) => {
    expect(open(address)).toBeUndefined()
    expect(closed(address)).toContain('private address')
  })

  it.each(['140.82.121.4', '172.32.0.1', '100.128.0.1', '2606:50c0:8000::153', '::ffff:8.8.8.8'])(
    'lets the public %s through',
    (address) => {
      expect(open(address)).toBeUndefined()
      expect(closed(address)).toBeUndefined()
    },
  )

  it('lets through what is listed, by network, address or name, and nothing else', () => {
    const listed = createAddressCheck({
      allowPrivate: false,
      allowed: ['10.1.0.0/16', '192.168.0.7', 'fd12::/16', 'Git.corp.example', '*.lab.example'],
    })
    expect(listed('10.1.200.3')).toBeUndefined()
    expect(listed('10.2.0.1')).toContain('private')
    expect(listed('192.168.0.7')).toBeUndefined()
    expect(listed('::ffff:10.1.0.1')).toBeUndefined()
    expect(listed('fd12:9::1')).toBeUndefined()
    expect(listed('10.9.9.9', 'git.corp.example.')).toBeUndefined()
    expect(listed('10.9.9.9', 'a.lab.example')).toBeUndefined()
    expect(listed('10.9.9.9', 'lab.example')).toContain('private')
    expect(listed('10.9.9.9', 'evilgit.corp.example')).toContain('private')
    expect(listed('169.254.169.254', 'git.corp.example')).toContain('metadata')
  })
})
