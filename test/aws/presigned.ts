import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Whether a presigned GET was signed with this secret over these headers, as AWS itself finds out; moto looks at no signature.
 * Written from the specification, not with our signer. Source: IAM user guide, "Create a signed AWS API request".
 */
export function isSignedBy(
  url: URL,
  headers: Readonly<Record<string, string>>,
  secretAccessKey: string,
): boolean {
  const asked = url.searchParams
  const [, day = '', region = '', service = ''] = (asked.get('X-Amz-Credential') ?? '').split('/')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = [
    'AWS4-HMAC-SHA256',
    asked.get('X-Amz-Date') ?? '',
    scope,
    sha256(canonicalRequest(url, headers)),
  ].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    `AWS4${secretAccessKey}`,
  )
  const expected = createHmac('sha256', key).update(text).digest()
  const given = Buffer.from(asked.get('X-Amz-Signature') ?? '', 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function canonicalRequest(url: URL, headers: Readonly<Record<string, string>>): string {
  const names = (url.searchParams.get('X-Amz-SignedHeaders') ?? '').split(';')
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`)
  // Nothing is sent in the body of a GET.
  return ['GET', url.pathname, query, lines.join(''), names.join(';'), sha256('')].join('\n')
}

/** RFC 3986: also what `encodeURIComponent` leaves. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
