/** What another side said, as a message may quote it: one line, short, ASCII, nothing that moves a cursor. */
export function printable(text: string): string {
  const line = text.replace(/[^\x21-\x7e]+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}
