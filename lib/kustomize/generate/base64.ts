const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 as kustomize writes it: a line break behind every 70 characters where it is longer than one line. */
export function encodeBase64Lines(bytes: Uint8Array): string {
  const text = encodeBase64(bytes)
  if (text.length <= 70) return text
  return text.replace(/.{1,70}/g, '$&\n')
}

function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 3) {
    const group =
      ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0)
    const length = Math.min(bytes.length - index, 3)
    for (let digit = 0; digit < 4; digit++) {
      text += digit <= length ? alphabet[(group >> (18 - 6 * digit)) & 63] : '='
    }
  }
  return text
}

/** The text of bytes that are UTF-8, undefined for others. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
