import type { Statement } from './template.ts'

/** What a function may do, in the words of the table in docs/aws.md. */
export type Permissions = {
  /** `list, get, put, delete`, in this order. */
  readonly stateBucket: string
  readonly sendsTo: readonly string[]
  readonly besides: readonly string[]
}

/** The table of docs/aws.md by the names of the functions. */
export function readPermissions(markdown: string): ReadonlyMap<string, Permissions> {
  const [, table = ''] = markdown.split('## What each function may do')
  const rows = table.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const [, name = '', , stateBucket = '', sendsTo = '', besides = ''] = cells
    const isRow = cells.length === 7 && name !== 'function' && !name.startsWith('---')
    const of = (text: string, separator: string) =>
      text.split(separator).filter((part) => part !== '')
    return isRow
      ? [
          [
            name,
            { stateBucket, sendsTo: of(sendsTo, ', ').sort(), besides: of(besides, '; ') },
          ] as const,
        ]
      : []
  })
  return new Map(rows)
}

/** The same from the statements of its role; logs, which all may write, are left out. */
export function permissionsOf(statements: readonly Statement[]): Permissions {
  const grants = statements.flatMap(({ actions, resources }) =>
    actions.flatMap((action) => resources.map((resource) => ({ action, resource }))),
  )
  const may = (action: string, on: RegExp): boolean =>
    grants.some((grant) => grant.action === action && on.test(grant.resource))
  const stateVerbs = [
    ['list', 's3:ListBucket'],
    ['get', 's3:GetObject'],
    ['put', 's3:PutObject'],
    ['delete', 's3:DeleteObject'],
  ] as const
  const sent = grants.filter(({ action }) => action === 'sqs:SendMessage')
  return {
    stateBucket: stateVerbs
      .flatMap(([verb, action]) => (may(action, /StateBucket/) ? [verb] : []))
      .join(', '),
    sendsTo: sent.map(({ resource }) => resource).sort(),
    besides: phrases.flatMap(({ phrase, actions, on }) =>
      actions.every((action) => may(action, on)) ? [phrase] : [],
    ),
  }
}

const ownSecrets = ['secretsmanager:GetSecretValue', 'ssm:GetParameter']

/** In the order of the table. */
const phrases: readonly { phrase: string; actions: readonly string[]; on: RegExp }[] = [
  {
    phrase: 'takes from and puts off in its queues',
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
    on: /^(?:Request|Notice)Queue$/,
  },
  { phrase: 'the secret `webhooks`', actions: ownSecrets, on: /\/webhooks(?:-\?{6})?$/ },
  { phrase: "the stage's secrets", actions: ownSecrets, on: /driftless\/dev\/\*$/ },
  { phrase: 'decrypt with the keys named', actions: ['kms:Decrypt'], on: /^SecretKeys$/ },
  { phrase: 'open with the key', actions: ['kms:Decrypt'], on: /^SealKey$/ },
  { phrase: 'seal with the key', actions: ['kms:GenerateDataKey'], on: /^SealKey$/ },
  {
    phrase: 'describe the EKS clusters named',
    actions: ['eks:DescribeCluster'],
    on: /^EksClusters$/,
  },
  {
    phrase: 'read the buckets named',
    actions: ['s3:ListBucket', 's3:GetObject'],
    on: /SourceBuckets/,
  },
]
