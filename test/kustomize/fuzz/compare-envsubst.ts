import { envsubst } from '../../../lib/kustomize/flux/envsubst.ts'
import { requirePeer } from '../../peers/peers.ts'
import { type Answer, runProgram } from './compare.ts'
import type { EnvsubstCase } from './make-envsubst-case.ts'

/** What `flux envsubst` prints and what we make of it, without the newline that the program adds; undefined where it fails.
 * The program prints half a character where a substring cuts one, which no YAML can hold: we refuse, so that counts as a failure. */
export async function compareEnvsubst(entry: EnvsubstCase): Promise<readonly [Answer, Answer]> {
  const { text, variables, isStrict } = entry
  const args = ['envsubst', ...(isStrict ? ['--strict'] : [])]
  const real = await runProgram(requirePeer('flux'), args, '/', text, Object.fromEntries(variables))
  const isCut = real.text?.includes('\ufffd') ?? false
  return [isCut ? { ...real, text: undefined } : real, substituteOurs(entry)]
}

/** The program reads and prints line by line: what is between two line ends is one text. */
function substituteOurs({ text, variables, isStrict }: EnvsubstCase): Answer {
  try {
    const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
    const results = lines.map((line) => envsubst(line, variables, { isStrict }))
    return { text: results.map((line) => `${line}\n`).join(''), fault: '' }
  } catch (fault) {
    return { text: undefined, fault: String(fault) }
  }
}
