import { createFileStore } from '../../lib/store/files.ts'
import { describeStore } from './contract.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

describeStore('files', async () => {
  const folder = await createTemporaryFolder()
  return { store: createFileStore(folder.path), close: folder.remove }
})
