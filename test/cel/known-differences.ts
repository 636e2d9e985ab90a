/** Where our answer is not cel-go's, and why. */
export const knownDifferences: ReadonlyMap<
  string,
  { readonly ours: unknown; readonly why: string }
> = new Map([
  ['.5 == 0.5', { ours: parsed(), why: 'the parser wants a digit before the point' }],
  ["b'é'.size() == 2", { ours: false, why: 'the parser takes a byte for each character' }],
  [
    "'%s'.format([b'\\xff']) == '\\ufffd'",
    { ours: true, why: 'a text has no bytes that are no UTF-8: they show as U+FFFD' },
  ],
  [
    'uint(-3) == 3u',
    {
      ours: 'unsigned integer overflow',
      why: 'only literals are tried beforehand, not their signs',
    },
  ],
  [
    'size(1, 2) == 1',
    {
      ours: 'failed to create CEL program: no such overload: size(int, int)',
      why: 'refused too; the arguments are told by their types',
    },
  ],
  ["dep == 'x'", { ours: false, why: 'types are not checked before the data is there' }],
  [
    'nofunc(dep)',
    {
      ours: 'CEL expression output type mismatch: expected bool, got dyn',
      why: 'refused too, with another word',
    },
  ],
  [
    '[1,2].map(i, i)',
    {
      ours: 'CEL expression output type mismatch: expected bool, got dyn',
      why: 'refused too; the type is not told to the last detail',
    },
  ],
])

function parsed(): string {
  return "failed to parse the CEL expression '…': "
}
