import type { KubeObject } from '../../manifest/object.ts'
import { listAt, numberIn, textIn } from './json.ts'
import type { ObjectStore } from './object-store.ts'
import type { Addresses } from './strategy.ts'

const firstAddress = (10 << 24) | (96 << 16)
const firstPort = 30_000

/** Addresses of 10.96.0.0/12 and ports from 30000 on, each behind all that were ever taken. */
export function createAddresses(store: ObjectStore): Addresses {
  let address = firstAddress
  let port = firstPort
  const note = (service: KubeObject): void => {
    address = Math.max(address, toNumber(textIn(service, 'spec', 'clusterIP')))
    for (const entry of listAt(service, 'spec', 'ports')) {
      port = Math.max(port, numberIn(entry, 'nodePort') ?? 0)
    }
  }
  for (const service of store.list('services')) note(service)
  store.subscribe(({ storageKey, object }) => {
    if (storageKey === 'services') note(object)
  })
  return {
    clusterIp: () => {
      address += 1
      return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')
    },
    nodePort: () => {
      port += 1
      return port
    },
  }
}

/** Zero for what lies elsewhere. */
function toNumber(address: string): number {
  const parts = address.split('.').map(Number)
  const isAddress = parts.length === 4 && parts.every((part) => part >= 0 && part < 256)
  const value = isAddress ? parts.reduce((sum, part) => sum * 256 + part, 0) : 0
  return value >>> 20 === firstAddress >>> 20 ? value : 0
}
