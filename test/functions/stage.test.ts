import { expect, it } from 'vitest'
import { stageFault } from '../../scripts/stage.ts'

it('takes stages that AWS takes, however they are given', () => {
  const fits = 'feature-with-27-characters-'
  for (const args of [[], ['--stage', 'prod'], ['--stage=PROD-2'], ['-s', 'dev'], ['-s', fits]]) {
    expect(stageFault([...args, '--region', 'eu-west-1']), args.join(' ')).toBe(undefined)
  }
})

it('refuses a stage that would make names too long for a FIFO queue, or is no name at all', () => {
  for (const stage of ['feature-with-28-characters--', 'my_stage', 'a.b', '', '-x']) {
    expect(stageFault([`--stage=${stage}`])).toMatch(/at most 27 letters, digits and dashes$/)
  }
  expect(stageFault(['--stage'])).toMatch(/at most 27/)
})
