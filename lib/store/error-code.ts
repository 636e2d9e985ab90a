/** True where `thrown` is a system error of this code, `ENOENT` for instance. */
export function hasErrorCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    codes.includes(thrown.code)
  )
}
