import { withoutControls } from './output.ts'

/** Columns as flux prints them: upper-case titles, padded with spaces, a tab between. */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  hasHeader = true,
): string {
  const clean = rows.map((row) =>
    row.map((cell) => withoutControls(cell).replace(/\s+/g, ' ').trim()),
  )
  const all = hasHeader ? [titles, ...clean] : clean
  const widths = titles.map((_, column) =>
    Math.max(...all.map((row) => [...(row[column] ?? '')].length), 0),
  )
  return all.map((row) => formatRow(row, widths)).join('')
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map(
    (cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
  )
  return `${cells.join('\t')}\n`
}
