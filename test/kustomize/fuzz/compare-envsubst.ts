import { envsubst } from '../../../lib/kustomize/flux/envsubst.ts'
import { requirePeer } from '../../peers/peers.ts'
import { type Answer, runProgram } from './compare.ts'
import type { EnvsubstCase } from './make-envsubst-case.ts'

/** What `flux envsubst` prints and what we make of it, without the newline that the program adds; undefined where it fails. */
export async function compareEnvsubst(entry: EnvsubstCase): Promise<readonly [Answer, Answer]> {
  const { text, variables, isStrict } = entry
  const args = ['envsubst', ...(isStrict ? ['--strict'] : [])]
  const real = await runProgram(requirePeer('flux'), args, '/', text, Object.fromEntries(variables))
  return [real, substituteOurs(entry)]
}

/** The program reads and prints line by line: what is between two line ends is one text. */
function substituteOurs({ text, variables, isStrict }: EnvsubstCase): Answer {
  try {
    const lines = text.replace(/\n$/, '').split('\n')
    const results = lines.map((line) => envsubst(line, variables, { isStrict }))
    return { text: `${results.join('\n')}\n`, fault: '' }
  } catch (fault) {
    return { text: undefined, fault: String(fault) }
  }
}
