import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'
import { messageOf } from '../../status/error.ts'
import { buildFolder } from './build-folder.ts'
import { readFlags } from './read-flags.ts'

/** A longer line is refused without being read whole. */
const maxLineLength = 1024 * 1024

/**
 * Answers JSON lines `{"id","dir","flags"}` with `{"id","dir","stdout","error"}`, one by one in their order. `flags` are those of
 * `kustomize build`; `error` is null where the build succeeded. A request that fails stops no other.
 */
export async function answerBatch(
  input: AsyncIterable<string | Uint8Array>,
  answer: (line: string) => void,
  workingDirectory: string,
): Promise<void> {
  for await (const line of linesOf(input)) {
    if (line.trim() === '') continue
    answer(`${JSON.stringify(answerLine(line, workingDirectory))}\n`)
  }
}

function answerLine(line: string, workingDirectory: string): JsonObject {
  if (line.length > maxLineLength) return fault(`a request is longer than ${maxLineLength} bytes`)
  const request = parse(line)
  if (!isJsonObject(request)) {
    return fault('a request is no JSON object; write {"id": 1, "dir": "folder", "flags": []}')
  }
  const { id = null, dir, flags = [] } = request
  const about = { id, dir: dir ?? null }
  if (typeof dir !== 'string' || dir === '') return { ...about, ...fault("'dir' names no folder") }
  if (!isTexts(flags)) return { ...about, ...fault("'flags' is no list of strings") }
  try {
    return { ...about, stdout: build(dir, flags, workingDirectory), error: null }
  } catch (thrown) {
    return { ...about, ...fault(messageOf(thrown)) }
  }
}

function build(dir: string, flags: readonly string[], workingDirectory: string): string {
  const request = readFlags(flags)
  if (typeof request === 'string') throw new Error(`flags: ${request}`)
  if (request.folders.length > 0) throw new Error("flags: the folder stands in 'dir'")
  if (request.output !== undefined) throw new Error('flags: -o has no meaning here')
  return buildFolder(dir, request, { workingDirectory }).text
}

function fault(error: string): JsonObject {
  return { stdout: '', error }
}

function parse(line: string): Json | undefined {
  try {
    const value: Json = JSON.parse(line)
    return value
  } catch {
    return undefined
  }
}

function isTexts(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Lines of a stream; of one that is too long only the beginning is kept. */
async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const [first = '', ...others] = text.split('\n')
    rest = kept(rest + first)
    for (const line of others) {
      yield rest
      rest = kept(line)
    }
  }
  if (rest !== '') yield rest
}

function kept(line: string): string {
  return line.length > maxLineLength ? line.slice(0, maxLineLength + 1) : line
}
