import { parseArgs } from 'node:util'

/**
 * Why AWS would refuse a stack of the stage that these arguments name; undefined where it would not. CloudFormation names
 * FIFO queues after the stack and the resource, and does not shorten what is longer than the 80 characters of SQS.
 */
export function stageFault(args: readonly string[]): string | undefined {
  const options = { stage: { type: 'string', short: 's' } } as const
  const { values } = parseArgs({ args: [...args], options, strict: false })
  const { stage } = values
  if (stage === undefined) return undefined
  if (typeof stage === 'string' && stagePattern.test(stage)) return undefined
  return `stage '${stage}': a stage has at most ${maxLength} letters, digits and dashes`
}

/** What is left of 80 beside `driftless-`, `-RequestQueueDeadLetters-`, 13 letters of CloudFormation's and `.fifo`. */
const maxLength = 27
const stagePattern = new RegExp(`^[A-Za-z0-9][A-Za-z0-9-]{0,${maxLength - 1}}$`)
