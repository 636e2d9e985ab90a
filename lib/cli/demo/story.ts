import type { Output } from '../output.ts'
import { eventually, StepFailed } from './eventually.ts'
import { steps } from './steps.ts'
import type { World } from './world.ts'

/** Plays the story step by step; throws StepFailed with the step's number where one did not really happen. */
export async function playStory(world: World, output: Output): Promise<void> {
  let shown = 0
  for (const [index, step] of steps.entries()) {
    const startedAt = performance.now()
    output.data(`\n${index + 1}. ${step.title}\n`)
    try {
      await step.play(world, (line) => output.data(`   ✔ ${line}\n`))
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      throw new StepFailed(`step ${index + 1} (${step.title}) failed: ${why}`, { cause: thrown })
    }
    output.data(`   ${((performance.now() - startedAt) / 1_000).toFixed(2)} s\n`)
    await messagesSent(world)
    shown = showMessages(world, output, shown)
  }
  await eventually('both chats were told of the last commit', async () => {
    const services = new Set(
      world.chat
        .messages()
        .filter(({ text }) => text.includes('6.9.2'))
        .map(({ service }) => service),
    )
    return services.size === 2
  })
  showMessages(world, output, shown)
  const refused = world.chat.refusals()
  if (refused.length > 0) {
    throw new StepFailed(`a chat refused ${refused.length} messages: ${JSON.stringify(refused[0])}`)
  }
  const count = (service: string) =>
    world.chat.messages().filter((message) => message.service === service).length
  output.data(
    `\nSlack received ${count('slack')} messages and Discord ${count('discord')}, all within their limits.\n`,
  )
}

/** Chats take about one message a second; the next step waits until this one's are told. */
async function messagesSent(world: World): Promise<void> {
  const patience = { timeoutMs: 10_000, everyMs: 50 }
  await eventually(
    'all messages were sent',
    async () => world.runtime.noticesLeft() === 0,
    patience,
  )
}

/** Messages as their readers see them, those not shown before. */
function showMessages(world: World, output: Output, shown: number): number {
  const messages = world.chat.messages()
  for (const message of messages.slice(shown)) {
    const lines = message.text.trimEnd().split('\n')
    output.data(
      `   ┌ ${message.service}${message.channel === undefined ? '' : ` #${message.channel}`}\n`,
    )
    for (const line of lines) output.data(`   │ ${line}\n`)
  }
  return messages.length
}
