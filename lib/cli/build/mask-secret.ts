import { scalarNode } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../../manifest/object.ts'
import { printYaml } from '../../manifest/print.ts'
import { resolveTag } from '../../manifest/scalar/resolve.ts'
import { ExitError } from '../context.ts'

/**
 * A Secret as `flux build kustomization` prints it: what SOPS encrypted is masked and its block is gone, data that are empty are
 * left out, and texts of `stringData` lose their quotes, so that "8080" becomes a number. For printing only: what Flux applies
 * has none of this. Throws ExitError where data are no base64, which no cluster takes.
 * Source: flux2 internal/build.
 */
export function maskSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object
  const { data: _, sops, ...rest } = object
  const text = printYaml(object)
  const isEncrypted = text.includes('sops:') && text.includes('mac: ENC[')
  const mask = isEncrypted ? maskAll(object.type) : maskMarked(object.metadata.name)
  const data = mapTexts(object.data, mask.data)
  const stringData = mapTexts(object.stringData, mask.stringData)
  return {
    ...rest,
    ...(sops === undefined || isEncrypted ? {} : { sops }),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(Object.keys(stringData).length === 0
      ? {}
      : { stringData: unquoted(object.metadata.name, stringData) }),
  }
}

type Mask = {
  readonly data: (text: string, key: string) => string
  readonly stringData: (text: string) => string
}

const masked = '**SOPS**'

function maskAll(type: Json | undefined): Mask {
  const isDocker = type === 'kubernetes.io/dockerconfigjson'
  const text = isDocker ? JSON.stringify({ mask: masked }) : masked
  return { data: () => btoa(text), stringData: () => text }
}

/** Values that SOPS encrypted each on its own. */
function maskMarked(name: string): Mask {
  const isMarked = (text: string): boolean => text.includes('sops') && text.includes('ENC[')
  return {
    data: (text, key) => (isMarked(decode(text, name, key)) ? btoa(masked) : text),
    stringData: (text) => (isMarked(text) ? btoa(masked) : text),
  }
}

function decode(text: string, name: string, key: string): string {
  const plain = text.replaceAll(/[\r\n]/g, '')
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return atob(plain)
  throw new ExitError(
    1,
    `Secret '${name}': data.${key} is no base64; encode it, or write it as it is under stringData`,
  )
}

function mapTexts(
  value: Json | undefined,
  change: (text: string, key: string) => string,
): Readonly<Record<string, string>> {
  if (value === undefined || !isJsonObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, change(textOf(field), key)]),
  )
}

function textOf(value: Json): string {
  return typeof value === 'object' ? '' : String(value)
}

/** As the program prints a text that it forgot to quote. */
function unquoted(name: string, texts: Readonly<Record<string, string>>): JsonObject {
  const read = ([key, text]: readonly [string, string]): [string, Json] => {
    try {
      return [key, nodeToJson(scalarNode(text, resolveTag(text)))]
    } catch (cause) {
      throw new ExitError(1, `Secret '${name}': stringData.${key} cannot be printed as flux does`, {
        cause,
      })
    }
  }
  return Object.fromEntries(Object.entries(texts).map(read))
}
