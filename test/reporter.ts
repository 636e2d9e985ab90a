import type { Reporter, TestModule } from 'vitest/node'

/**
 * Closes a run with one plain line that any CI reader understands: `N passed, N failed, N skipped`. Before it stands each
 * test that passed only at its second try.
 */
// biome-ignore lint/style/noDefaultExport: Vitest loads a reporter by its default export.
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const testModule of modules) {
      for (const test of testModule.children.allTests()) {
        counts[test.result().state] += 1
        if (test.diagnostic()?.flaky) process.stdout.write(`unsteady: ${test.fullName}\n`)
      }
      if (testModule.errors().length > 0) counts.failed += 1
    }
    const skipped = counts.skipped + counts.pending
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${skipped} skipped\n`)
  }
}
