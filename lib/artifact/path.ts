/** Longer names exist on no file system that a tree may be written to. */
const maxSegmentBytes = 255
const maxPathBytes = 4096

/** Why a path may not stand in an artifact; undefined where it may. It never leaves the root and is spelt one way only. */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is empty'
  if (path.startsWith('/')) return 'is absolute'
  if (path.includes('\0')) return 'holds a NUL'
  if (isLongerThan(path, maxPathBytes)) return `is longer than ${maxPathBytes} bytes`
  for (const segment of path.split('/')) {
    if (segment === '') return 'holds an empty segment'
    if (segment === '.' || segment === '..') return `holds the segment '${segment}'`
    if (isLongerThan(segment, maxSegmentBytes)) {
      return `holds a name longer than ${maxSegmentBytes} bytes`
    }
  }
  return undefined
}

/** The first of `paths` that is a file and a folder at once; undefined where there is none. */
export function fileAndFolder(paths: {
  readonly has: (path: string) => boolean
  readonly keys: () => Iterable<string>
}): string | undefined {
  const folders = new Set<string>()
  for (const path of paths.keys()) {
    let end = path.lastIndexOf('/')
    while (end > 0) {
      const folder = path.slice(0, end)
      if (folders.has(folder)) break
      if (paths.has(folder)) return folder
      folders.add(folder)
      end = path.lastIndexOf('/', end - 1)
    }
  }
  return undefined
}

/** A path as an error may show it: short, and without anything that moves a terminal's cursor. */
export function showPath(path: string): string {
  const shown = JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path)
  return shown.replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '�')
}

/** No character takes more than three bytes for each of its units. */
function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return false
  return text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes
}
