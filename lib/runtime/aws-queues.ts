import type { DeadLetterDesk } from '../queue/dead-letters.ts'
import { createSqsDesk } from '../queue/sqs-dead-letters.ts'
import type { AwsCall } from './aws-call.ts'

/** Dead letters of a stack, by the outputs that name its queues. */
export async function openStackDesk(
  call: AwsCall,
  output: (name: string) => Promise<string>,
): Promise<DeadLetterDesk> {
  const requests = await output('RequestQueueUrl')
  const notices = await output('NoticeQueueUrl')
  return createSqsDesk(call, [
    { name: 'requests', url: await output('RequestQueueDeadLettersUrl'), target: requests },
    { name: 'requests', url: await output('RequestDelayDeadLettersUrl'), target: requests },
    { name: 'notices', url: await output('NoticeQueueDeadLettersUrl'), target: notices },
    { name: 'notices', url: await output('NoticeDelayDeadLettersUrl'), target: notices },
    { name: 'triggers', url: await output('TriggerDeadLettersUrl') },
  ])
}
