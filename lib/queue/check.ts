import type { Message } from './queue.ts'
import { QueueError } from './queue-error.ts'

const maxBodyBytes: number = 256 * 1024
const maxDelaySeconds = 900
const maxNameLength = 1024

/** Throws where a message is not what the port allows, before any of its batch is sent. */
export function checkMessages(messages: readonly Message[]): void {
  for (const message of messages) checkMessage(message)
}

function checkMessage({ group, id, body, delaySeconds = 0 }: Message): void {
  const shown = JSON.stringify(id.slice(0, 200))
  for (const [field, text] of Object.entries({ group, id })) {
    if (text === '' || text.length > maxNameLength) {
      const message = `message ${shown}: ${field} must have 1 to ${maxNameLength} characters`
      throw new QueueError('InvalidMessage', message)
    }
  }
  if (!(delaySeconds >= 0 && delaySeconds <= maxDelaySeconds)) {
    const message = `message ${shown}: a delay of ${delaySeconds} s is not between 0 and ${maxDelaySeconds}; what must wait longer belongs into the calendar`
    throw new QueueError('InvalidMessage', message)
  }
  const sizeBytes = Buffer.byteLength(body)
  if (sizeBytes > maxBodyBytes) {
    const message = `message ${shown}: ${sizeBytes} bytes are more than ${maxBodyBytes}; send a pointer to the content`
    throw new QueueError('MessageTooLarge', message, { data: { sizeBytes } })
  }
}
