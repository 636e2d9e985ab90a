/** An element with text or elements in it; text is escaped, inner elements are not. */
export function element(
  name: string,
  content: string | number | boolean | readonly string[],
): string {
  const inner = typeof content === 'object' ? content.join('') : escapeXml(String(content))
  return `<${name}>${inner}</${name}>`
}

export function xmlDocument(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}

export function errorDocument(code: string, message: string, resource: string): string {
  return xmlDocument(
    element('Error', [
      element('Code', code),
      element('Message', message),
      element('Resource', resource),
      element('RequestId', 'sandbox'),
    ]),
  )
}

/** Texts of all elements of a name, unescaped; what a body of keys to delete holds. */
export function textsOf(xml: string, name: string): readonly string[] {
  const open = `<${name}>`
  return xml
    .split(open)
    .slice(1)
    .map((part) => unescapeXml(part.split('<', 1)[0] ?? ''))
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
}

const entities: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&amp;': '&',
}

function unescapeXml(text: string): string {
  return text.replace(/&(?:lt|gt|quot|apos|amp|#x?[0-9a-fA-F]{1,6});/g, (entity) => {
    const [, hex, decimal] = /^&#(?:x([0-9a-fA-F]+)|(\d+));$/.exec(entity) ?? []
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10))
    return entities[entity] ?? entity
  })
}
