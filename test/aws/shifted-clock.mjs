/** Preloaded into a function: its clock runs as many seconds ahead as the file says that DRIFTLESS_TEST_CLOCK names. */
import { readFileSync } from 'node:fs'

const file = process.env.DRIFTLESS_TEST_CLOCK ?? ''
const RealDate = Date
const now = () => RealDate.now() + Math.round(Number(readFileSync(file, 'utf8')) * 1000)

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now())
    else super(...args)
  }
  static now() {
    return now()
  }
}
