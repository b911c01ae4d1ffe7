import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const };

/** One after the other, two files at a time: what is quick does not wait for what starts browsers. */
const inGroup = (groupOrder: number) => ({ sequence: { groupOrder } });

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          ...node,
          ...inGroup(0),
          name: 'unit',
          include: ['src/**/*.test.ts', 'demo/**/*.test.ts', 'test/unit/**/*.test.ts'],
          testTimeout: 30_000,
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
          ...inGroup(2),
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
