/**
 * Text as bytes: a string with one UTF-16 unit for each byte of its UTF-8 form. Flux's substitution counts and cuts
 * bytes, and this lets strings do so. Text in ASCII is its own byte text.
 */
export function toByteText(text: string): string {
  if (isAscii(text)) return text
  const parts: string[] = []
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += chunkSize) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + chunkSize)))
  }
  return parts.join('')
}

const chunkSize = 8192

/** Undefined where the bytes are no UTF-8, because a character was cut. */
export function fromByteText(bytes: string): string | undefined {
  if (isAscii(bytes)) return bytes
  try {
    return decoder.decode(Uint8Array.from(bytes, (unit) => unit.charCodeAt(0)))
  } catch {
    return undefined
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}

/** A character of byte text, and how many bytes it takes; bytes that are none come alone as U+FFFD. */
export type Rune = { readonly text: string; readonly width: number }

export function runeAt(bytes: string, at: number): Rune {
  const lead = bytes.charCodeAt(at)
  if (lead < 0x80) return { text: bytes.charAt(at), width: 1 }
  const width = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  const text = fromByteText(bytes.slice(at, at + width))
  return text === undefined || [...text].length !== 1
    ? { text: '\ufffd', width: 1 }
    : { text, width }
}

export function runesOf(bytes: string): string[] {
  const runes: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const { width } = runeAt(bytes, at)
    runes.push(bytes.slice(at, at + width))
    at += width
  }
  return runes
}
