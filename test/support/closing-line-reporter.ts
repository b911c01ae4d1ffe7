/**
 * Ends a test run with `N passed, N failed, N skipped` as the very last line, whatever other reporters print.
 *
 * A file that does not load and a hook that throws count as failed: their tests were never seen. With CI=true a
 * skipped end-to-end test fails the run: it is the promise of the product, and a skip is how it rots unseen.
 */
import { writeSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

interface Tally {
  passed: number;
  failed: number;
  readonly skipped: { readonly name: string; readonly project: string; readonly reason: string }[];
}

class ClosingLineReporter implements Reporter {
  #tally: Tally | null = null;

  onInit(): void {
    // At the exit, after every other reporter; in watch mode once, for the last run.
    process.once('exit', (code) => this.#close(code));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.#tally = tally(modules, unhandled.length);
  }

  #close(code: number): void {
    const { passed, failed, skipped } = this.#tally ?? { passed: 0, failed: 0, skipped: [] };
    const lines = skipped.map(({ project, name, reason }) => `skipped (${project}): ${name}: ${reason}`);
    const endToEnd = skipped.filter(({ project }) => project === 'e2e').length;
    const refused = endToEnd > 0 && process.env['CI'] === 'true';
    if (refused) lines.push(`With CI=true no end-to-end test may be skipped, but ${endToEnd} of them are.`);
    if (code === 0 && (refused || failed > 0)) process.exitCode = 1;
    lines.push(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
    // Synchronous: nothing else is carried out any more.
    writeSync(1, `\n${lines.join('\n')}\n`);
  }
}

function tally(modules: readonly TestModule[], unhandled: number): Tally {
  const found: Tally = { passed: 0, failed: unhandled, skipped: [] };
  for (const module of modules) {
    for (const entity of [module, ...module.children.allSuites()]) {
      if (entity.errors().length > 0) found.failed++;
    }
    for (const test of module.children.allTests()) count(found, test);
  }
  return found;
}

function count(found: Tally, test: TestCase): void {
  const result = test.result();
  if (result.state === 'passed') found.passed++;
  else if (result.state === 'skipped') {
    const reason = result.note ?? (hasFailed(test.parent) ? 'its hook failed' : 'no reason given');
    found.skipped.push({ name: test.fullName, project: test.project.name, reason });
  } else {
    // A test that was cut off has not passed.
    found.failed++;
  }
}

function hasFailed(entity: TestSuite | TestModule): boolean {
  if (entity.errors().length > 0) return true;
  return entity.type === 'suite' && hasFailed(entity.parent);
}

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export.
export default ClosingLineReporter;
