/** A text archive: a comment, then files, each behind a line `-- name --`. */
export type Txtar = { readonly comment: string; readonly files: ReadonlyMap<string, string> }

export function parseTxtar(text: string): Txtar {
  const [comment = '', ...parts] = text.split(/^-- (.+) --\n/m)
  const files = new Map<string, string>()
  for (let at = 0; at < parts.length; at += 2) files.set(parts[at] ?? '', parts[at + 1] ?? '')
  return { comment, files }
}

export function formatTxtar({ comment, files }: Txtar): string {
  return comment + [...files].map(([name, text]) => `-- ${name} --\n${text}`).join('')
}
