import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'

export type FunctionBundle = {
  readonly name: string
  /** The entry with all that it imports statically. */
  readonly staticBytes: number
  /** The largest chunk that is loaded only when it is called for. */
  readonly lazyBytes: number
  /** Every source file in the bundle, from the root of the repository on. */
  readonly inputs: readonly string[]
  /** Of these, what the entry imports statically. */
  readonly staticInputs: readonly string[]
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export const functionNames: readonly string[] = readdirSync(join(root, 'functions'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .sort()

/** Bundles every function into `<directory>/<name>/index.mjs`; the same sources give the same bytes. */
export async function bundleFunctions(
  directory: string,
  options: { readonly write?: boolean; readonly root?: string } = {},
): Promise<readonly FunctionBundle[]> {
  const { write = true, root: from = root } = options
  const bundles: FunctionBundle[] = []
  for (const name of functionNames) {
    const { metafile } = await build({
      absWorkingDir: from,
      entryPoints: { index: `functions/${name}.ts` },
      outdir: join(directory, name),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // Names of chunks follow the paths in them: the same ones also where node_modules is a link.
      preserveSymlinks: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      legalComments: 'none',
      logLevel: 'warning',
      metafile: true,
      write,
      banner: { js: requireBanner },
      plugins: [withoutUserContexts],
    })
    bundles.push(measure(name, metafile))
  }
  return bundles
}

// Some bundled packages still call `require` for Node's built-ins.
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/** Contexts of a user's kubeconfig, and the megabyte that reads them, are of use on a laptop only. */
const withoutUserContexts: Plugin = {
  name: 'without-user-contexts',
  setup: ({ onLoad }) => {
    onLoad({ filter: /lib[\\/]cluster[\\/]user-context\.ts$/ }, () => ({
      contents:
        "export const connectContext = async () => { throw new Error('a context of a kubeconfig is of use on a laptop only') }",
    }))
  },
}

function measure(name: string, { outputs }: Metafile): FunctionBundle {
  const eager = new Set<string>()
  const visit = (path: string): void => {
    const output = outputs[path]
    if (output === undefined || eager.has(path)) return
    eager.add(path)
    for (const entry of output.imports) if (entry.kind === 'import-statement') visit(entry.path)
  }
  const chunks = Object.entries(outputs)
  for (const [path, { entryPoint }] of chunks) {
    if (entryPoint === `functions/${name}.ts`) visit(path)
  }
  const sizes = (isEager: boolean) =>
    chunks.filter(([path]) => eager.has(path) === isEager).map(([, { bytes }]) => bytes)
  const inputsOf = (among: typeof chunks) =>
    [...new Set(among.flatMap(([, { inputs }]) => Object.keys(inputs)))].sort()
  return {
    name,
    staticBytes: sizes(true).reduce((sum, bytes) => sum + bytes, 0),
    lazyBytes: Math.max(0, ...sizes(false)),
    inputs: inputsOf(chunks),
    staticInputs: inputsOf(chunks.filter(([path]) => eager.has(path))),
  }
}
