/** Removes secrets from text that leaves the process: logs, errors, events. */
export type Redactor = {
  readonly redact: (text: string) => string
  /** From now on this very text, also in base64 and percent-encoded, is removed wherever it stands. */
  readonly register: (secret: string) => void
}

/** A redactor that knows the rules of `redact` and the given secrets. */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const known = new Set<string>()
  const register = (secret: string) => {
    for (const form of formsOf(secret)) remember(known, form)
  }
  for (const secret of secrets) register(secret)
  return { register, redact: (text) => redact(withoutKnown(text, known)) }
}

/**
 * `text` without what looks like a secret: credentials in headers and URLs, webhook addresses whose path is
 * the secret, private keys, and tokens that can be told by their form. Linear in the length of the text.
 */
export function redact(text: string): string {
  let redacted = text
  for (const { pattern, replacement } of rules) {
    redacted = redacted.replace(pattern, replacement)
  }
  return redacted
}

/** Stands where a secret stood. */
export const mask = '***'

type Rule = { readonly pattern: RegExp; readonly replacement: string }

/** No quantifier here is nested in another, and each is bounded or ends at a character that it cannot hold. */
const rules: readonly Rule[] = [
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,60}-----|$)/g,
    replacement: `-----BEGIN PRIVATE KEY----- ${mask}`,
  },
  { pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{20,100}/gi, replacement: mask },
  // user:password@ of any URL; the last @ before the path ends it.
  { pattern: /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>]{1,2000}@/gi, replacement: `$1${mask}@` },
  // The path of these addresses is all that protects them.
  {
    pattern: /(hooks\.slack(?:-gov)?\.com\/)(?:services|workflows|triggers)\/[^\s"'<>)|]{1,500}/gi,
    replacement: `$1${mask}`,
  },
  {
    pattern: /(discord(?:app)?\.com\/api\/(?:v\d{1,3}\/)?webhooks\/)[^\s"'<>)|]{1,500}/gi,
    replacement: `$1${mask}`,
  },
  {
    pattern: /(\b[a-z0-9-]{1,63}\.webhook\.office\.com\/)[^\s"'<>)|]{1,1000}/gi,
    replacement: `$1${mask}`,
  },
  { pattern: /(\/hook\/)[0-9a-f]{64}\b/gi, replacement: `$1${mask}` },
  // Signed and tokenised queries: AWS, Azure SAS, Google, and what people put there by hand.
  {
    pattern:
      /([?&;](?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature|token|access_token|id_token|refresh_token|private_token|api_?key|key|password|client_secret)=)[^\s&#"'<>;]{1,4000}/gi,
    replacement: `$1${mask}`,
  },
  {
    pattern:
      /((?:authorization|proxy-authorization|x-gitlab-token|private-token|x-api-key|x-amz-security-token|set-cookie|cookie)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)[^\r\n"'\\]{1,8000}/gi,
    replacement: `$1${mask}`,
  },
  { pattern: /\b(bearer|basic)\s{1,4}[a-z0-9._~+/=-]{8,8000}/gi, replacement: `$1 ${mask}` },
  {
    pattern:
      /(\b(?:[a-z0-9]{0,30}[_-])?(?:password|passwd|passphrase|secret_?access_?key|session_?token|access_?token|refresh_?token|client_?secret|private_?token|api_?key|bearertoken|token)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)[^\s"'\\,;&]{1,8000}/gi,
    replacement: `$1${mask}`,
  },
  // Tokens that say what they are: AWS, GitHub, GitLab, Slack, Google, JWT (Kubernetes), EKS.
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replacement: mask },
  {
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})/g,
    replacement: mask,
  },
  {
    pattern: /\bgl(?:pat|ptt|dt|rt|cbt|agent|oas|soat|ffct)-[A-Za-z0-9_.-]{16,300}/g,
    replacement: mask,
  },
  { pattern: /\bxox[a-z]-[A-Za-z0-9-]{8,300}|\bxapp-[A-Za-z0-9-]{8,300}/g, replacement: mask },
  { pattern: /\bya29\.[A-Za-z0-9_-]{16,2000}/g, replacement: mask },
  { pattern: /\bk8s-aws-v1\.[A-Za-z0-9_-]{16,8000}/g, replacement: mask },
  {
    pattern: /\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]{0,2000}/g,
    replacement: mask,
  },
]

/** Shorter texts are words that stand everywhere. */
const shortest = 6
const mostKnown = 10_000

function formsOf(secret: string): readonly string[] {
  const trimmed = secret.trim()
  const encoded = [
    trimmed,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(trimmed).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(trimmed.toWellFormed()),
    JSON.stringify(trimmed).slice(1, -1),
  ]
  return encoded.filter((form) => form.length >= shortest)
}

function remember(known: Set<string>, form: string): void {
  const oldest = known.values().next()
  if (known.size >= mostKnown && !oldest.done) known.delete(oldest.value)
  known.add(form)
}

/** Longer ones first: one may be a part of another. */
function withoutKnown(text: string, known: ReadonlySet<string>): string {
  const found = [...known].filter((secret) => text.includes(secret))
  return found
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, mask), text)
}
