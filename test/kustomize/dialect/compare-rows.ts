import { BuildError } from '../../../lib/kustomize/build-error.ts'
import { envsubst } from '../../../lib/kustomize/flux/envsubst.ts'
import { askFlux } from './ask-flux.ts'
import { type Row, variables } from './rows.ts'

export type RowDifference = {
  readonly row: Row
  readonly real: string | undefined
  readonly ours: string | undefined
}

/**
 * Rows that `flux envsubst` and we take differently; undefined stands for a refusal. Each row that we refuse costs a start
 * of the program: no more than `maxRefused` of them are asked.
 */
export async function compareRows(
  rows: readonly Row[],
  maxRefused: number = rows.length,
): Promise<readonly RowDifference[]> {
  const judged = rows.map((row) => ({ row, ours: ourAnswer(row) }))
  const spared = new Set(judged.filter(({ ours }) => ours === undefined).slice(maxRefused))
  const groups = [true, false].flatMap((isStrict) => {
    const own = judged.filter((one) => one.row.isStrict === isStrict && !spared.has(one))
    const refused = own.filter(({ ours }) => ours === undefined)
    return [own.filter(({ ours }) => ours !== undefined), ...quarters(refused)]
  })
  const differences = await Promise.all(groups.map(compareGroup))
  return differences.flat()
}

type Judged = { readonly row: Row; readonly ours: string | undefined }

async function compareGroup(group: readonly Judged[]): Promise<readonly RowDifference[]> {
  const isStrict = group[0]?.row.isStrict ?? false
  const answers = await askFlux(
    group.map(({ row }) => row.text),
    isStrict,
  )
  return group
    .map(({ row, ours }, at) => ({ row, ours, real: withoutHalves(answers[at]) }))
    .filter(({ real, ours }) => real !== ours)
}

/** Half a character, which no YAML can hold, is refused by us. */
function withoutHalves(text: string | undefined): string | undefined {
  return text?.includes('\ufffd') === true ? undefined : text
}

function ourAnswer({ text, isStrict }: Row): string | undefined {
  try {
    return envsubst(text, variables, { isStrict })
  } catch (fault) {
    if (!(fault instanceof BuildError)) throw fault
    return undefined
  }
}

/** Some starts at a time, for each refusal takes one of its own. */
function quarters(group: readonly Judged[]): readonly (readonly Judged[])[] {
  return [0, 1, 2, 3].map((quarter) => group.filter((_, at) => at % 4 === quarter))
}
