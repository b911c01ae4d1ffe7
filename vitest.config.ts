import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

const node = { environment: 'node' as const };

/** What is quick does not wait for what starts browsers, which all go together: nothing waits for one last long file. */
const inGroup = (groupOrder: number) => ({ sequence: { groupOrder } });

export default defineConfig({
  test: {
    // Of two cores browsers leave nothing unused: a third file at a time only makes all of them late.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          ...node,
          ...inGroup(0),
          name: 'unit',
          include: ['src/**/*.test.ts', 'demo/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          // Files of one worker share the modules that they import: nothing is kept in those (no `vi.mock` either, which
          // test/unit/architecture.test.ts holds), and loading them anew for each of 200 files took a third of the time.
          pool: 'forks',
          isolate: false,
        },
      },
      {
        test: {
          ...node,
          ...inGroup(1),
          name: 'contract',
          include: ['test/contracts/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...node,
          ...inGroup(1),
          name: 'simulator',
          include: ['test/simulator/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...node,
          ...inGroup(1),
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...node,
          ...inGroup(1),
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          globalSetup: 'test/e2e/paired-template.ts',
        },
      },
    ],
  },
});
