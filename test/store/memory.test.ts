import { createMemoryStore } from '../../lib/store/memory.ts'
import { describeStore } from './contract.ts'

describeStore('memory', async () => ({ store: createMemoryStore() }))
