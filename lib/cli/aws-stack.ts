import type { Command } from 'commander'
import { readStackOutputs } from '../runtime/stack-outputs.ts'
import { createUserAws, type UserAws } from '../runtime/user-aws.ts'
import { type CliContext, ExitError } from './context.ts'

export type StackFlags = { readonly stage?: string; readonly region?: string }

export type Stack = UserAws & {
  /** An output of the stack. */
  readonly output: (name: string) => Promise<string>
}

export function addStackFlags(command: Command): Command {
  return command
    .option('--stage <name>', 'stage of a Driftless on AWS, as it was deployed')
    .option('--region <region>', 'its region (default: $AWS_REGION)')
}

/** A Driftless on AWS, as the user's own identity there; asked for what its stack says when that is needed. */
export function openStack({ environment }: CliContext, { stage, region }: StackFlags): Stack {
  const aws = createUserAws(environment, region)
  const { region: known } = aws
  if (known === undefined) {
    throw new ExitError(1, 'no region is known; name it with --region or AWS_REGION')
  }
  let outputs: Promise<ReadonlyMap<string, string>> | undefined
  return {
    ...aws,
    output: async (name) => {
      const stack = `driftless-${stage}`
      outputs ??= readStackOutputs(aws.call, known, stack)
      const value = (await outputs).get(name)
      if (value !== undefined) return value
      throw new ExitError(1, `stack ${stack} says no ${name}; deploy this release first`)
    },
  }
}
