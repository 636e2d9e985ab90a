import { describePruning } from './prune-contract.ts'

describePruning('pruning in the sandbox', async () => ({ namespace: 'default' }))
